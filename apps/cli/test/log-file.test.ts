import { readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { expect, test } from "vitest"
import { createLogFile } from "../src/run/log-file.ts"
import { like } from "./support/match.ts"

test("keeps lines of the level and above, for the owner alone", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "logs", "node.log")
  const log = createLogFile(path, "warn")
  log.info({ a: 1 }, "quiet")
  log.warn({ b: 2 }, "loud")
  log.close()
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n")
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
    { level: 40, time: like(/^\d{4}-/), b: 2, msg: "loud" },
  ])
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test("takes at most two files of the size given and loses only the oldest", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "node.log")
  for (let start = 0; start < 100; start += 50) {
    const log = createLogFile(path, "info", 2_000)
    for (let i = start; i < start + 50; i++) log.info({ i }, "line")
    log.close()
  }
  const read = async (file: string): Promise<number[]> =>
    (await readFile(file, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => Number(/"i":(\d+)/.exec(line)?.[1]))
  for (const file of [path, `${path}.1`]) expect((await stat(file)).size).toBeLessThanOrEqual(2_000)
  const kept = [...(await read(`${path}.1`)), ...(await read(path))]
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => 100 - kept.length + i))
})
