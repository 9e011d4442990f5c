import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { lstatSync } from "node:fs"
import { chown, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { afterEach, expect, test, vi } from "vitest"
import { z } from "zod"
import { claimFile, findClaim, isAlive, ownIdentity } from "../../src/process/index.ts"
import { psStat } from "../../src/process/identity.ts"

afterEach(() => {
  vi.restoreAllMocks()
})

const noPs = spawnSync("ps", ["-p", String(process.pid)]).status === 0 ? null : "no ps"

test("a process is itself, and no other with its number", () => {
  const own = ownIdentity()
  expect(isAlive(own)).toBe(true)
  if (own.process_start === null) return
  expect(isAlive({ ...own, process_start: `${own.process_start}1` })).toBe(false)
  // A file that somebody brought along from a system that does not say.
  expect(isAlive({ ...own, process_start: null })).toBe(false)
})

test.skipIf(noPs !== null)(`where there is no /proc, ps says when a process began (${noPs ?? "ps"})`, async () => {
  const own = psStat(process.pid)
  expect(own.start).toMatch(/^\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4}$/)
  expect(psStat(process.pid).start).toBe(own.start)
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"])
  expect(psStat(child.pid ?? 0).start).not.toBeNull()
  child.kill("SIGKILL")
  await once(child, "exit")
  expect(psStat(child.pid ?? 0)).toEqual({ state: null, start: null })
})

const noRoot = process.getuid?.() === 0 ? null : "only root can give files away"

/** A number that another user's process has, of which nothing is shown: as with `hidepid`. */
async function hiddenPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""])
  await once(child, "exit")
  vi.spyOn(process, "kill").mockImplementation(() => {
    throw Object.assign(new Error("not permitted"), { code: "EPERM" })
  })
  return child.pid ?? 0
}

test("a claim of this user's is over once its number is that of a process which this user may not signal", async () => {
  await using temporary = await temporaryFolder()
  const path = join(temporary.path, "claim")
  const pid = await hiddenPid()
  expect(isAlive({ pid, process_start: "1" })).toBe(true)
  await writeFile(path, JSON.stringify({ pid, process_start: "1" }))
  expect(await findClaim(path, z.object({}))).toBeNull()
  const claim = await claimFile(path, z.object({}), {})
  claim.release()
})

test.skipIf(noRoot !== null)(`another user's claim is not (${noRoot ?? "as root"})`, async () => {
  await using temporary = await temporaryFolder()
  const path = join(temporary.path, "claim")
  const pid = await hiddenPid()
  await writeFile(path, JSON.stringify({ pid, process_start: "1" }))
  await chown(path, lstatSync(path).uid + 1, lstatSync(path).gid)
  expect(await findClaim(path, z.object({}))).toMatchObject({ pid })
})
