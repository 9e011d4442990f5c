import { readFileSync, statSync } from "node:fs"
import { expect, test } from "vitest"
import { z } from "zod"
import { readVectors, VECTORS } from "./vector-format.ts"
import { vectorFiles } from "./vector-files.ts"

const files = vectorFiles()

test.each(files)("%s is what write-vectors.ts writes", (path, text) => {
  expect(readFileSync(new URL(path, VECTORS), "utf8") === text).toBe(true)
})

test.each(files.filter(([, text]) => text.startsWith("[")))("the cases of %s have names of their own", (path) => {
  const names = readVectors(path, z.array(z.looseObject({ name: z.string() }))).map(({ name }) => name)
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
})

/** What a reader of vectors/README.md finds there; one is written by the test kit, one by hand. */
const names = [
  ...files.map(([path]) => path).filter((path) => path.endsWith(".json")),
  "full-validity.json",
  "artifacts.json",
]

test("the README tells of each", () => {
  const readme = readFileSync(new URL("README.md", VECTORS), "utf8")
  for (const name of names) expect(readme).toContain(`## ${name}`)
})

test("they are small enough to carry along: 1 MiB", () => {
  const sizes = names.map((name) => statSync(new URL(name, VECTORS)).size)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(2 ** 20)
})
