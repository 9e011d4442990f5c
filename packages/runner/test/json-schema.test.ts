import { readFile } from "node:fs/promises"
import { expect, it } from "vitest"
import { taskPackageJsonSchema } from "../src/index.ts"

it("the published schema is that of the code", async () => {
  const published = await readFile(new URL("../schema/spore.task.schema.json", import.meta.url), "utf8")
  expect(JSON.parse(published), "write it anew: node scripts/write-schema.ts").toEqual(taskPackageJsonSchema())
})
