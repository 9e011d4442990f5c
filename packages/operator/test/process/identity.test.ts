import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { expect, test } from "vitest"
import { isAlive, ownIdentity } from "../../src/process/index.ts"
import { psStat } from "../../src/process/identity.ts"

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
