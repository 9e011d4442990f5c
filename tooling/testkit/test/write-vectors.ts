/** Writes vectors/full-validity.json anew: `node tooling/testkit/test/write-vectors.ts`. */
import { writeFile } from "node:fs/promises"
import { fullValidityText, FULL_VALIDITY } from "./full-validity-file.ts"

await writeFile(FULL_VALIDITY, fullValidityText())
