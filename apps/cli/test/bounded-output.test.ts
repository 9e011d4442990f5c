import { closeSync, openSync, writeSync } from "node:fs"
import { readFile, rename, stat } from "node:fs/promises"
import { join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { expect, test } from "vitest"
import { cutOutput } from "../src/service/bounded-output.ts"

test("output that grew too large is moved aside, and goes on in the same file", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "service.log")
  const file = openSync(path, "a")
  writeSync(file, "x".repeat(100))
  cutOutput(path, file, 100)
  expect((await stat(path)).size).toBe(100)
  writeSync(file, "y")
  cutOutput(path, file, 100)
  writeSync(file, "after")
  expect(await readFile(path, "utf8")).toBe("after")
  expect((await stat(`${path}.1`)).size).toBe(101)
  // What is not that file is not touched.
  await rename(path, join(folder.path, "elsewhere"))
  cutOutput(path, file, 1)
  expect((await stat(join(folder.path, "elsewhere"))).size).toBe(5)
  closeSync(file)
})
