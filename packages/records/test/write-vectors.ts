/** Writes vectors.json anew: `node test/write-vectors.ts`. A changed id means a changed format. */
import { writeFile } from "node:fs/promises"
import { vectorsText } from "./worked-objects.ts"

await writeFile(new URL("vectors.json", import.meta.url), vectorsText())
