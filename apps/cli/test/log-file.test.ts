import { execFile } from "node:child_process"
import { mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { temporaryFolder } from "@spore/testkit"
import { expect, test } from "vitest"
import { z } from "zod"
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

const WRITER = fileURLToPath(new URL("support/log-writer.mjs", import.meta.url))

/** Lines that several processes write at once to one log of so many bytes, by who wrote them, in the order kept. */
async function writtenAtOnce(path: string, lines: number, maxBytes: number): Promise<Map<string, number[]>> {
  const writers = ["a", "b", "c"].map((name) =>
    promisify(execFile)(process.execPath, [WRITER, path, name, String(lines), String(maxBytes)]),
  )
  await Promise.all(writers)
  const kept = new Map<string, number[]>()
  for (const file of [`${path}.1`, path]) {
    for (const line of (await readFile(file, "utf8")).trimEnd().split("\n")) {
      const { by, i } = z.object({ by: z.string(), i: z.number() }).parse(JSON.parse(line))
      kept.set(by, [...(kept.get(by) ?? []), i])
    }
  }
  return kept
}

test("several processes write whole lines to one log, and none is lost when it is moved", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "node.log")
  // 3000 lines of some 80 bytes in files of 200 kB: moved once.
  const kept = await writtenAtOnce(path, 1000, 200_000)
  const all = Array.from({ length: 1000 }, (_, i) => i)
  for (const name of ["a", "b", "c"]) expect(kept.get(name)).toEqual(all)
})

test("several processes that move it often keep its bound, and each one's last lines in order", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "node.log")
  const kept = await writtenAtOnce(path, 1000, 10_000)
  // Of 231 kB: while the one that moves it is put to sleep by the system, the others write on.
  for (const file of [path, `${path}.1`]) expect((await stat(file)).size).toBeLessThan(60_000)
  for (const lines of kept.values()) {
    expect(lines).toEqual(Array.from({ length: lines.length }, (_, i) => 1000 - lines.length + i))
  }
  expect(await readdir(folder.path)).toEqual(["node.log", "node.log.1"])
})

test("goes on in a new file when somebody deletes or truncates it", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "node.log")
  const log = createLogFile(path, "info")
  log.info({}, "one")
  await rm(path)
  log.info({}, "two")
  expect(await readFile(path, "utf8")).toMatch(/^\{.*"two"\}\n$/)
  await truncate(path)
  log.info({}, "three")
  expect(await readFile(path, "utf8")).toMatch(/^\{.*"three"\}\n$/)
  log.close()
})

test("a lock that a killed process left holds nobody up for long", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "node.log")
  await writeFile(`${path}.lock`, "")
  const log = createLogFile(path, "info", 500)
  for (let i = 0; i < 10; i++) log.info({ i }, "line")
  // Somebody may be moving it: it grows meanwhile.
  expect((await stat(path)).size).toBeGreaterThan(500)
  const longAgo = new Date(Date.now() - 60_000)
  await utimes(`${path}.lock`, longAgo, longAgo)
  for (let i = 10; i < 12; i++) log.info({ i }, "line")
  log.close()
  expect((await stat(path)).size).toBeLessThan(500)
})

test("a disk that refuses a line costs that line, and is told of afterwards", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "logs", "node.log")
  const log = createLogFile(path, "info")
  // No file can be opened there any more.
  await rm(join(folder.path, "logs"), { recursive: true })
  log.info({}, "lost")
  log.info({}, "lost too")
  await mkdir(join(folder.path, "logs"))
  log.info({}, "back")
  log.close()
  const lines = (await readFile(path, "utf8")).trim().split("\n")
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
    { level: 40, lines: 2, msg: "lines of the log could not be written" },
    { msg: "back" },
  ])
})
