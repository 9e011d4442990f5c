import { appendFile, mkdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { temporaryFolder, until } from "@spore/testkit"
import * as fc from "fast-check"
import picocolors from "picocolors"
import { expect, test } from "vitest"
import { run } from "../src/commands/logs.ts"
import { entryJson, entryLines, readEntry } from "../src/logs/entry.ts"
import { tailLog } from "../src/logs/tail.ts"
import { createLogFile } from "../src/run/log-file.ts"
import { command } from "./support/command.ts"

const PLAIN = picocolors.createColors(false)

async function tailOf(path: string, lines: number): Promise<string[]> {
  const found: string[] = []
  for await (const line of tailLog({ path, lines, follow: false })) found.push(line)
  return found
}

test("-n counts lines exactly, across both files and past what is read at once", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "node.log")
  const line = fc.string({ maxLength: 30 }).map((text) => text.replaceAll("\n", " "))
  const long = fc.integer({ min: 60_000, max: 140_000 }).map((length) => "é".repeat(length / 2))
  const lines = fc.array(fc.oneof({ weight: 20, arbitrary: line }, { weight: 1, arbitrary: long }), { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(lines, lines, fc.nat(70), async (older, newer, most) => {
      await writeFile(`${path}.1`, older.map((each) => `${each}\n`).join(""))
      await writeFile(path, newer.map((each) => `${each}\n`).join(""))
      const all = [...older, ...newer]
      expect(await tailOf(path, most)).toEqual(most === 0 ? [] : all.slice(-most))
    }),
    { numRuns: 60 },
  )
})

test("a line that is not finished is given as it is, and where there is no log nothing is", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "node.log")
  expect(await tailOf(path, 10)).toEqual([])
  await writeFile(path, "one\ntwo")
  expect(await tailOf(path, 1)).toEqual(["two"])
  expect(await tailOf(path, 2)).toEqual(["one", "two"])
})

/** Follows a log; `saw` waits for a line. */
function following(
  path: string,
  lines = 10,
): { seen: string[]; saw(line: string): Promise<void>; end(): Promise<void> } {
  const seen: string[] = []
  const ending = new AbortController()
  const ended = (async () => {
    for await (const line of tailLog({ path, lines, follow: true, signal: ending.signal, pollMs: 5 })) seen.push(line)
  })()
  return {
    seen,
    saw: async (line) => {
      await until(() => seen.includes(line), { what: line })
    },
    end: () => {
      ending.abort()
      return ended
    },
  }
}

test("following goes on through rotation, truncation, deletion, and begins before there is a log", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "node.log")
  const log = following(path)
  await writeFile(path, "one\n")
  await log.saw("one")
  await appendFile(path, "tw")
  await appendFile(path, "o\n")
  await log.saw("two")
  // The last words of a file that is moved away are seen, and those of its successor.
  await appendFile(path, "three\n")
  await rename(path, `${path}.1`)
  await appendFile(`${path}.1`, "four\n")
  await writeFile(path, "five\n")
  await log.saw("five")
  await truncate(path)
  await appendFile(path, "6\n")
  await log.saw("6")
  await rm(path)
  await writeFile(path, "seven\n")
  await log.saw("seven")
  await log.end()
  expect(log.seen).toEqual(["one", "two", "three", "four", "five", "6", "seven"])
})

test("following a log that rotates often misses and repeats nothing", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "node.log")
  await writeFile(path, "")
  const log = following(path)
  const file = createLogFile(path, "info", 2_000)
  for (let i = 0; i < 300; i++) {
    file.info({ i }, "line")
    // Both files hold some 40 lines: whoever follows has looked before they are gone.
    if (i % 15 === 0) await until(() => log.seen.length > i, { what: `line ${i}` })
  }
  file.close()
  await until(() => log.seen.length === 300, { what: "all lines" })
  await log.end()
  expect(log.seen.map((line) => Number(/"i":(\d+)/.exec(line)?.[1]))).toEqual(Array.from({ length: 300 }, (_, i) => i))
})

const HOSTILE = "evil\u001b[2J\u009b1A\u202e\u200b\r\nfake"

test("people see time, level, message and fields; nothing of it reaches the terminal as more than text", () => {
  const line = JSON.stringify({
    level: 50,
    time: "2026-01-02T03:04:05.678Z",
    a: HOSTILE,
    list: [HOSTILE],
    msg: HOSTILE,
  })
  const shown = entryLines(readEntry(line), PLAIN, null)
  expect(shown).toHaveLength(1)
  expect(shown[0]).toMatch(/^2026-01-0\d \d\d:\d4:05 error evil fake {2}a=evil fake {2}list=\["evil\\u001b/)
  for (const each of [...shown, ...entryLines(readEntry(HOSTILE), PLAIN, 40), entryJson(line), entryJson(HOSTILE)]) {
    expect(each).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u200b]/u)
  }
  expect(JSON.parse(entryJson(line))).toEqual(JSON.parse(line))
  expect(JSON.parse(entryJson(HOSTILE))).toEqual({ msg: HOSTILE })
})

test("on a terminal long lines are broken where they can pass for no other, with stack and way out below", () => {
  const fake = "2026-01-02 03:04:05 error all is lost"
  const entry = {
    level: 40,
    time: "2026-01-02T03:04:05Z",
    event: "failed",
    code: "x",
    next: "spore doctor",
    stack: "a\n b",
  }
  const lines = entryLines(readEntry(JSON.stringify({ ...entry, msg: `${"x".repeat(30)} ${fake}` })), PLAIN, 60)
  const [first, ...rest] = lines
  expect(first).toMatch(/ warn {2}x{30}$/)
  for (const line of rest) expect(line).toMatch(/^ {26}/)
  expect(rest.map((line) => line.trim())).toEqual(expect.arrayContaining(["next: spore doctor", "a", "b"]))
  expect(lines.join(" ")).not.toContain("code=")
})

test("the command shows the log, as raw lines with --json, and says where there is none", async () => {
  await using folder = await temporaryFolder()
  await expect(command(folder.path, run).piped()).rejects.toMatchObject({ code: "not_found", next: "spore start" })
  const path = join(folder.path, "logs", "node.log")
  await mkdir(join(folder.path, "logs"))
  const log = createLogFile(path, "info")
  for (let i = 0; i < 3; i++) log.info({ i }, "line")
  log.close()
  expect(await command(folder.path, run, [], { lines: 2 }).piped()).toMatchObject([
    expect.stringMatching(/^\d{4}-.* info {2}line {2}i=1$/),
    expect.stringMatching(/i=2$/),
  ])
  const raw = (await readFile(path, "utf8")).trimEnd().split("\n")
  expect(await command(folder.path, run, []).jsonLines()).toEqual(raw)
})
