/**
 * Writes vectors/ (but full-validity.json) and the examples of the specification anew:
 * `node packages/records/test/write-vectors.ts`. A changed id in objects.json means a changed format.
 */
import { writeFile } from "node:fs/promises"
import { VECTORS } from "./vector-format.ts"
import { vectorFiles } from "./vector-files.ts"

for (const [path, text] of vectorFiles()) await writeFile(new URL(path, VECTORS), text)
