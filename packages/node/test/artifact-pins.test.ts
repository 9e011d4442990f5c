import { readdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { cidOf, RAW } from "@spore/records"
import { temporaryFolder } from "@spore/testkit"
import { expect, test } from "vitest"
import { artifactPins } from "../src/artifact-pins.ts"

const [a, b] = [cidOf(RAW, Uint8Array.of(1)), cidOf(RAW, Uint8Array.of(2))]

test("pins outlast the process, and several processes add to them", async () => {
  await using folder = await temporaryFolder()
  const dir = join(folder.path, "pins")
  const [one, two] = [artifactPins(dir), artifactPins(dir)]
  expect(await one.list()).toEqual([])
  expect(await one.unpin(a)).toBe(false)
  await Promise.all([one.pin(a), two.pin(b), two.pin(a)])
  expect((await artifactPins(dir).list()).map(String).toSorted()).toEqual([a, b].map(String).toSorted())
  expect(await two.unpin(a)).toBe(true)
  expect([await one.has(a), await one.has(b)]).toEqual([false, true])
  expect(await readdir(dir)).toEqual([b.toString()])
})

test("what else lies among the pins is none", async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, "README"), "")
  expect(await artifactPins(folder.path).list()).toEqual([])
})
