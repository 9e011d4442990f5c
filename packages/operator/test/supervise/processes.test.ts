import { identityOf, isAlive } from "../../src/process/identity.ts"
import { temporaryFolder, until } from "@spore/testkit"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import type { VersionState } from "../../src/index.ts"
import { HEALTHY, scripted, type Supervised } from "./scripted.ts"

// Each test starts several supervisors: code that is compiled once saves half of their time.
const compiled = await temporaryFolder()
beforeAll(() => {
  vi.stubEnv("NODE_COMPILE_CACHE", compiled.path)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await compiled[Symbol.asyncDispose]()
})

/** Ends a supervisor in order. */
async function ends({ child, ended }: Supervised): Promise<number | null> {
  child.kill("SIGTERM")
  return (await ended).code
}

const CRASHING = 'throw new TypeError("no table of that name")'
const HANGING = "setInterval(() => undefined, 1000)"

describe("a program and its supervisor", () => {
  test("switch to a version that works", async () => {
    await using on = await scripted(HEALTHY)
    const supervisor = on.supervise()
    await supervisor.tells("accepted", "2.0.0")
    expect(await on.state()).toMatchObject({ current: "2.0.0", trial: null, refused: {} })
    expect(await ends(supervisor)).toBe(0)
    const next = on.supervise()
    await next.tells("healthy", "2.0.0")
    expect(await ends(next)).toBe(0)
  })

  test.each([
    ["crashes", CRASHING, /^it ended with exit code 1: TypeError: no table of that name, before it was healthy$/],
    ["ends at once", "process.exit(0)", /^it ended with exit code 0, before it was healthy$/],
    ["hangs", HANGING, /^it said nothing for 5 seconds and was not healthy$/],
    ["cannot be parsed", "export default {", /^it ended with exit code 1: SyntaxError: /],
    ["is killed", 'process.kill(process.pid, "SIGKILL")', /^it ended by SIGKILL, before it was healthy$/],
  ])("go back from one that %s, and keep the reason", async (_, second, reason) => {
    await using on = await scripted(second)
    // Long for a busy machine is what only one that hangs has to be waited for.
    const supervisor = on.supervise(second === HANGING ? { silence: 5_000, stop: 2_000 } : {})
    expect((await supervisor.tells("rejected", "2.0.0")).reason).toMatch(reason)
    await until(async () => (await on.said()).includes("1.0.0"))
    const { current, trial, refused } = await on.state()
    expect({ current, trial }).toEqual({ current: null, trial: null })
    expect(refused["2.0.0"]?.reason).toMatch(reason)
    expect(await ends(supervisor)).toBe(0)
    const next = on.supervise()
    await next.tells("healthy", "1.0.0")
    expect(await ends(next)).toBe(0)
  })

  test("go on after a crash of a version that was healthy", async () => {
    const first = "process.send({ type: 'healthy' }, () => process.exit(7))"
    await using on = await scripted(HEALTHY, first)
    const patient = on.supervise({ restarts: true })
    await until(() => patient.events().filter(({ type }) => type === "crashed").length >= 3)
    patient.child.kill("SIGTERM")
    await patient.ended
    expect(await on.supervise().ended).toEqual({ code: 7, signal: null })
  })

  test("fall to the version before where what was found good does not start any more, and know of it", async () => {
    const once = `
      import { existsSync, writeFileSync } from "node:fs"
      const path = process.argv[2] + "/was-good"
      if (existsSync(path)) throw new Error("no such table")
      writeFileSync(path, "")
      process.send({ type: "healthy" }, () => process.exit(7))`
    const first = `
      if (process.env.SPORE_PASSED_OVER === "2.0.0") await import("./stays.mjs")
      else {
        process.send({ type: "healthy" })
        process.send({ type: "switch", version: "2.0.0" }, () => process.exit(0))
      }`
    await using on = await scripted(once, first)
    const supervisor = on.supervise({ restarts: true })
    await supervisor.tells("accepted", "2.0.0")
    expect((await supervisor.tells("passed_over", "2.0.0")).reason).toMatch(/Error: no such table$/)
    await until(async () => (await on.said()).includes("1.0.0"))
    expect(await on.state()).toMatchObject({ current: "2.0.0", refused: {} })
    expect(await ends(supervisor)).toBe(0)
  })

  test("understand each other across garbage, a closed line and a deaf program", async () => {
    const first = `
      process.on("SIGTERM", () => undefined)
      setInterval(() => undefined, 1000)
      for (const each of [null, 7, "x".repeat(1_000_000), { type: "exec", command: "sh" }]) process.send(each)
      process.send({ type: "healthy" }, () => process.disconnect())`
    await using on = await scripted(HEALTHY, first)
    const supervisor = on.supervise({ stop: 2_000 })
    await supervisor.tells("healthy", "1.0.0")
    await supervisor.tells("not_understood")
    supervisor.child.kill("SIGTERM")
    await supervisor.tells("killed")
    expect(await supervisor.ended).toEqual({ code: 137, signal: null })
  })
})

/** Kills a supervisor before one step after the other, each time in a new folder, and starts it again. */
async function killedEverywhere(
  second: string,
  from: number,
  isDone: (supervisor: Supervised, state: VersionState) => boolean,
): Promise<number> {
  for (let killAt = from; ; killAt++) {
    await using on = await scripted(second)
    const isOver = async (supervisor: Supervised): Promise<boolean> =>
      supervisor.child.signalCode !== null || isDone(supervisor, await on.state())
    const killed = on.supervise({ killAt })
    await until(() => isOver(killed), { what: `the end before step ${killAt}` })
    if ((await ends(killed)) === 0) return killAt - 1

    const pids = killed.events().flatMap(({ pid }) => pid ?? [])
    await until(() => !pids.some((pid) => isAlive(identityOf(pid))), { what: "the end of its programs" })
    const next = on.supervise()
    await until(() => isOver(next), { what: `what was to come after a kill before step ${killAt}` })
    expect(await ends(next)).toBe(0)
  }
}

const healthy = (supervisor: Supervised, version: string): boolean =>
  supervisor.events().some((event) => event.type === "healthy" && event.version === version)

// Some ten times six processes each.
describe("a supervisor that is killed at any step of a switch", { timeout: 180_000 }, () => {
  test("takes its program along, and the next one comes to the version that works", async () => {
    const steps = await killedEverywhere(
      HEALTHY,
      1,
      (supervisor, { current, trial }) => current === "2.0.0" && trial === null && healthy(supervisor, "2.0.0"),
    )
    expect(steps).toBeGreaterThan(6)
  })

  test("takes its program along, and the next one comes back from the version that does not work", async () => {
    const steps = await killedEverywhere(
      CRASHING,
      // The steps before its start are those of any switch.
      4,
      (supervisor, { current, trial, refused }) =>
        current === null && trial === null && "2.0.0" in refused && isBack(supervisor),
    )
    expect(steps).toBeGreaterThan(6)
  })
})

/** Whether the last that it started is healthy, and the version before. */
function isBack(supervisor: Supervised): boolean {
  const { type, version } = supervisor.events().at(-1) ?? {}
  return type === "healthy" && version === "1.0.0"
}
