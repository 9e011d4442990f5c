import { chmod, mkdir, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { describe, expect, test } from "vitest"
import { checkDatabase } from "../src/doctor/database.ts"
import { checkLeftovers } from "../src/doctor/leftovers.ts"
import { checkLog } from "../src/doctor/log.ts"
import { checkFolder } from "../src/doctor/private-files.ts"
import { checkService } from "../src/doctor/service.ts"
import { checkShell } from "../src/doctor/shell.ts"
import { like } from "./support/match.ts"
import { emptyHome } from "./support/spore.ts"

const NOW = Date.UTC(2026, 10, 28, 12)

function line(minutesAgo: number, fields: object): string {
  return `${JSON.stringify({ level: 50, time: new Date(NOW - minutesAgo * 60_000).toISOString(), ...fields })}\n`
}

describe("doctor", () => {
  test("says which files of the data folder others may read", async () => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, "models.json"), "{}", { mode: 0o644 })
    await chmod(folder.path, 0o700)
    expect((await checkFolder(folder.path)).filter(({ next }) => next?.startsWith("chmod") === true)).toEqual([])
    await chmod(folder.path, 0o755)
    await chmod(join(folder.path, "models.json"), 0o644)
    expect(await checkFolder(folder.path)).toContainEqual({
      check: "data folder",
      level: "warn",
      message: `open to others: ${join(folder.path, "models.json")}`,
      next: `chmod go-rwx ${folder.path}`,
    })
  })

  test("looks through the database, and tells a clock that is behind by what is in it", async () => {
    await using home = await emptyHome()
    await home.init()
    const [database, ...clock] = await checkDatabase(home.dataDir, NOW)
    expect(database).toMatchObject({ level: "ok", message: like(/^\d+ facts, \d+ KiB$/) })
    expect(clock).toEqual([])
    const [, behind] = await checkDatabase(home.dataDir, 0)
    expect(behind).toMatchObject({ check: "clock", level: "warn" })
  })

  test("counts the log's errors of the last day over both its files, and sees a loop of crashes", async () => {
    await using folder = await temporaryFolder()
    expect(await checkLog(folder.path, NOW)).toEqual([])
    await mkdir(join(folder.path, "logs"))
    const log = join(folder.path, "logs", "node.log")
    await writeFile(`${log}.1`, line(25 * 60, { msg: "old" }) + line(60, { msg: "first" }))
    await writeFile(log, `${line(3, { msg: "job failed", error: "no room" })}not JSON\n{"level":30,"msg":"fine"}\n`)
    expect(await checkLog(folder.path, NOW)).toMatchObject([
      { check: "log", message: "2 errors in the last day, the newest 3 min ago: job failed: no room" },
    ])
    await writeFile(log, [9, 6, 3].map((ago) => line(ago, { msg: "it ended", event: "crashed" })).join(""))
    expect((await checkLog(folder.path, NOW))[0]).toMatchObject({
      check: "service",
      level: "fail",
      message: "the node crashed 3 times in the last hour: it ended",
    })
  })

  test.skipIf(process.platform !== "linux")(
    "sees a unit whose program is gone, of this data folder alone",
    async () => {
      await using folder = await temporaryFolder()
      const units = join(folder.path, "systemd", "user")
      await mkdir(units, { recursive: true })
      const unit = (program: string, dataDir: string): string =>
        `# Written by spore service install. spore service uninstall removes it.\n[Service]\nExecStart="${process.execPath}" "${program}" "run" "--data-dir" "${dataDir}"\n`
      await writeFile(join(units, "spore.service"), unit("/nowhere/main.js", "/data"))
      await writeFile(join(units, "spore-other.service"), unit("/nowhere/main.js", "/other"))
      const env = { XDG_CONFIG_HOME: folder.path }
      expect(await checkService({ dataDir: "/data", env })).toEqual([
        {
          check: "service",
          level: "fail",
          message: "spore.service starts /nowhere/main.js, which is not there",
          next: "spore service install",
        },
      ])
      await writeFile(join(units, "spore.service"), unit(process.execPath, "/data"))
      expect(await checkService({ dataDir: "/data", env })).toMatchObject([{ level: "ok" }])
    },
  )

  test("tells another spore on PATH from this one", async () => {
    await using folder = await temporaryFolder()
    const [mine, other] = [join(folder.path, "mine"), join(folder.path, "other")]
    for (const path of [mine, other]) await mkdir(path)
    const program = join(folder.path, "main.js")
    await writeFile(program, "", { mode: 0o755 })
    await symlink(program, join(mine, "spore"))
    await writeFile(join(other, "spore"), "", { mode: 0o755 })
    expect(checkShell({ PATH: `${mine}:${other}` }, program).level).toBe("ok")
    expect(checkShell({ PATH: `${other}:${mine}` }, program)).toMatchObject({ level: "warn" })
    expect(checkShell({ PATH: "/nowhere" }, program)).toMatchObject({ level: "ok" })
  })

  test("finds what a killed node left, and a rollback that was interrupted", async () => {
    await using folder = await temporaryFolder()
    expect(await checkLeftovers(folder.path, false)).toEqual([])
    await mkdir(join(folder.path, "jobs", "job-1"), { recursive: true })
    await writeFile(join(folder.path, "running.json"), "{}")
    await mkdir(join(folder.path, "backups"))
    await writeFile(join(folder.path, "backups", "layout-5.sqlite"), "")
    const [left, backups] = await checkLeftovers(folder.path, false)
    expect(left?.message).toMatch(/^a node that was killed left 1 job folder/)
    expect(backups).toMatchObject({ check: "backups", level: "ok" })
    expect(await checkLeftovers(folder.path, true)).toHaveLength(1)
    await writeFile(join(folder.path, "backups", "layout-5.sqlite.partial"), "")
    expect((await checkLeftovers(folder.path, true))[0]).toMatchObject({ level: "warn" })
  })
})
