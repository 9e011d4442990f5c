import { z } from "zod"
import { taskPackageSchema } from "./manifest.ts"

/** The JSON Schema of `spore.task.json`, for editors. What crosses fields is checked by `parseTaskPackage` alone. */
export function taskPackageJsonSchema(): Record<string, unknown> {
  const title = "A Spore task package: spore.task.json"
  return { ...z.toJSONSchema(taskPackageSchema, { io: "input" }), title }
}
