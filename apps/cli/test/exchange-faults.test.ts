import { existsSync } from "node:fs"
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { encodeEnvelope } from "@spore/records"
import { describe, expect, test } from "vitest"
import { jsonObject, like } from "./support/match.ts"
import { emptyHome } from "./support/spore.ts"
import { shell } from "./support/shell.ts"
import { digestOf, storedSample } from "./support/stored.ts"

const STACK = /\n\s+at /

describe("damaged files", () => {
  test("a CAR that breaks off is told to, and what came before is stored", async () => {
    await using home = await emptyHome()
    const { dataDir } = await storedSample(home, "a")
    const file = join(home.path, "all.car")
    await home.here("export", "--car", "--out", file, "--data-dir", dataDir)
    const whole = await readFile(file)
    await writeFile(file, whole.subarray(0, whole.length - 100))
    const to = join(home.path, "b")
    const { code, stdout, stderr } = await home.here("import", file, "--data-dir", to, "--json")
    expect({ code, error: jsonObject(stderr) }).toMatchObject({ code: 1, error: { error: { code: "file_damaged" } } })
    expect(jsonObject(stdout)).toMatchObject({ stored: { task: 2, experiment: 5 }, refused: {} })
    expect(await digestOf(to)).toBe(await digestOf(dataDir))
  })

  test("a changed byte spoils its block and no other", async () => {
    await using home = await emptyHome()
    const { dataDir } = await storedSample(home, "a")
    const file = join(home.path, "all.car")
    await home.here("export", "--car", "--out", file, "--data-dir", dataDir)
    const bytes = await readFile(file)
    const at = bytes.indexOf("Finds mushrooms.")
    bytes[at] = (bytes[at] ?? 0) ^ 1
    await writeFile(file, bytes)
    const { code, stdout } = await home.here("import", file, "--data-dir", join(home.path, "b"), "--json")
    expect(code).toBe(1)
    // Its block is not there, so neither is the fact that a page lists; the facts of the task wait for it.
    expect(jsonObject(stdout)).toMatchObject({ refused: { bad_block: 1, missing_block: 1 }, stored: { task: 1 } })
  })

  test("a block that claims to end before it begins, and one without an end, stop the reading", async () => {
    await using home = await emptyHome()
    await home.init()
    const file = join(home.path, "all.car")
    await home.here("export", "--car", "--out", file)
    const whole = await readFile(file)
    const header = whole.subarray(0, 1 + (whole[0] ?? 0))
    const cid = whole.subarray(header.length + 2, header.length + 2 + 36)
    for (const length of [[1], [0xff, 0xff, 0xff, 0xff, 0xff, 0x07]]) {
      await writeFile(file, Buffer.concat([header, Buffer.from(length), cid, whole]))
      const { code, stderr } = await home.here("import", file)
      expect(code).toBe(1)
      expect(stderr).toMatch(/^error: .*no whole CAR.*\nnext: /)
      expect(stderr).not.toMatch(STACK)
    }
  })

  test("of lines each bad one is refused with its number, and the rest is stored", async () => {
    await using home = await emptyHome()
    const { records, better } = await storedSample(home, "a")
    const [first] = records
    if (first === undefined) throw new TypeError("no records")
    const line = (record: Parameters<typeof encodeEnvelope>[0], id: string): string =>
      JSON.stringify({ kind: "task", id, envelope: Buffer.from(encodeEnvelope(record)).toString("base64") })
    const forged = { ...first, signature: better.signature }
    const file = join(home.path, "mixed")
    const lines = [
      "{",
      "not base64!",
      line(forged, first.id),
      line(first, better.id),
      JSON.stringify({ kind: "legacy_experiment", id: "", payload: "e30=", signature: "AAAA" }),
      "g".repeat(3 * 1024 * 1024),
      "",
      line(first, first.id),
    ]
    await writeFile(file, lines.join("\r\n"))
    const { code, stdout, stderr } = await home.here("import", file, "--data-dir", join(home.path, "b"))
    expect(code).toBe(1)
    expect(stdout).toMatch(/^stored\t1\t1 task\nknown\t0\nrefused\t6$/m)
    for (const said of ["1: bad_encoding", "2: bad_encoding", "3: bad_signature", "4: bad_id", "6: too_large"]) {
      expect(stderr).toContain(`line ${said}`)
    }
    expect(stderr).toMatch(/^line 5: \w+: /m)
    expect(stderr).toMatch(/^error: 6 objects of .* refused\nnext: spore inspect /m)
  })
})

describe("files that cannot be used", () => {
  test.each(["import", "inspect", "legacy inspect"])("%s says what is wrong", async (command) => {
    await using home = await emptyHome()
    await home.init()
    const words = command.split(" ")
    const missing = await home.here(...words, join(home.path, "no-file"))
    expect(missing).toMatchObject({ code: 3, stdout: "", stderr: like(/^error: there is no file .*\nnext: ls -l /) })
    const folder = await home.here(...words, home.path)
    expect(folder).toMatchObject({ code: 1, stdout: "", stderr: like(/^error: .*it is a folder.*\nnext: /) })
  })

  // Root reads everything.
  test.skipIf(process.getuid?.() === 0)("a file that may not be read is told to be so", async () => {
    await using home = await emptyHome()
    const secret = join(home.path, "secret")
    await writeFile(secret, "{}")
    await chmod(secret, 0)
    expect(await home.here("inspect", secret)).toMatchObject({
      code: 1,
      stderr: like(/^error: cannot read .*\nnext: /),
    })
  })

  test("a folder cannot be written to as a file, and a CAR needs a file", async () => {
    await using home = await emptyHome()
    await home.init()
    const folder = join(home.path, "folder")
    await mkdir(folder)
    expect(await home.spore("export", "--out", folder)).toMatchObject({
      code: 1,
      stderr: like(/^error: .*it is a folder.*\nnext: /),
    })
    expect(await home.here("export", "--car")).toMatchObject({ code: 2, stderr: like(/--out/) })
    expect(await home.here("export", "--out", join(home.path, "none", "file"))).toMatchObject({ code: 1 })
  })

  test("a reader that goes away ends the export quietly", async () => {
    await using home = await emptyHome()
    const { dataDir } = await storedSample(home, "a")
    const script = '(spore export --data-dir "$1"; echo "ended $?" >&2) | head -c 20'
    const { stdout, stderr } = await shell(home, script, dataDir)
    expect(stdout).toHaveLength(20)
    expect(stderr).toBe("ended 0\n")
  })

  test.skipIf(!existsSync("/dev/full"))("a full disk is called by its name", async () => {
    await using home = await emptyHome()
    await home.init()
    for (const flags of [
      ["--out", "/dev/full"],
      ["--car", "--out", "/dev/full"],
    ]) {
      const { code, stderr } = await home.here("export", ...flags)
      expect({ flags, code }).toEqual({ flags, code: 1 })
      expect(stderr).toMatch(/^error: no room left to write \/dev\/full\nnext: free some room/)
    }
    for (const command of ["export", "tasks", "withhold list", "inspect char-lm"]) {
      const { code, stderr } = await shell(home, `spore ${command} > /dev/full`)
      expect(stderr).not.toMatch(STACK)
      expect({ command, code: code === 0 ? "0" : "failed" }).toEqual({ command, code: "failed" })
    }
    expect((await readdir("/dev")).filter((name) => name.startsWith("full."))).toEqual([])
  })
})
