/** Writes schema/spore.task.schema.json anew, after a change of the manifest's schema: node scripts/write-schema.ts */
import { writeFile } from "node:fs/promises"
import { taskPackageJsonSchema } from "../src/task-package/json-schema.ts"

const target = new URL("../schema/spore.task.schema.json", import.meta.url)
await writeFile(target, `${JSON.stringify(taskPackageJsonSchema(), null, 2)}\n`)
