import { manualClock } from "@spore/testkit"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import {
  type Child,
  type ChildEnd,
  createSupervisor,
  type Supervisor,
  type SupervisorEvent,
  type SupervisorInit,
} from "../../src/supervise/index.ts"
import { type MemoryVersions, memoryVersions } from "./memory-versions.ts"

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** A child that does what the test says. */
interface Program {
  readonly version: string
  /** What it was told. */
  readonly told: string[]
  /** What it hears that its supervisor passes over. */
  readonly passedOver: readonly string[]
  say(message: unknown): Promise<void>
  end(end: Partial<ChildEnd>): Promise<void>
}

interface Bench {
  readonly versions: MemoryVersions
  readonly supervisor: Supervisor
  readonly events: SupervisorEvent[]
  readonly starts: Program[]
  /** The program that runs. */
  last(): Program
  kinds(): string[]
  pass(milliseconds: number): Promise<void>
  code(): Promise<number | "running">
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

async function bench(init: Partial<SupervisorInit> = {}, versions = memoryVersions()): Promise<Bench> {
  const clock = manualClock()
  const starts: Program[] = []
  const events: SupervisorEvent[] = []
  const flush = async (): Promise<void> => {
    await vi.advanceTimersByTimeAsync(0)
  }

  function start(version: string, passedOver: readonly string[]): Child {
    const { promise, resolve } = Promise.withResolvers<ChildEnd>()
    const told: string[] = []
    let listener: (message: unknown) => void = () => undefined
    const end = (fields: Partial<ChildEnd>): Promise<void> => {
      resolve({ code: null, signal: null, failure: null, stderr: "", ...fields })
      return flush()
    }
    starts.push({
      version,
      told,
      passedOver,
      end,
      say: (message) => {
        listener(message)
        return flush()
      },
    })
    return {
      pid: starts.length,
      ended: promise,
      onMessage: (heard) => (listener = heard),
      send: ({ type }) => void told.push(type),
      kill: () => {
        told.push("kill")
        void end({ signal: "SIGKILL" })
      },
    }
  }

  const choose = (): { version: string; entry: string } => {
    const { current, refused } = versions.state()
    const version = current !== null && !(current in refused) ? current : "1.0.0"
    return { version, entry: version }
  }
  const onEvent = (event: SupervisorEvent): void => void events.push(event)
  const supervisor = createSupervisor({ versions, choose, start, clock, restarts: true, onEvent, ...init })
  let code: number | "running" = "running"
  void supervisor.ended.then((ended) => (code = ended))
  await flush()
  return {
    versions,
    supervisor,
    events,
    starts,
    last: () => {
      const last = starts.at(-1)
      if (last === undefined) throw new Error("nothing was started")
      return last
    },
    kinds: () => events.map(({ type }) => type),
    pass: async (milliseconds) => {
      clock.advance(milliseconds)
      await vi.advanceTimersByTimeAsync(milliseconds)
    },
    code: async () => {
      await flush()
      return code
    },
  }
}

/** A bench on which 1.0.0 was healthy and has ended for a switch to 2.0.0. */
async function switched(init: Partial<SupervisorInit> = {}, versions = memoryVersions()): Promise<Bench> {
  const on = await bench(init, versions)
  await on.last().say({ type: "healthy" })
  await on.last().say({ type: "switch", version: "2.0.0" })
  await on.last().end({ code: 0 })
  return on
}

test("a version that failed is tried again once its user has forgiven it", async () => {
  const on = await switched()
  await on.last().end({ code: 1 })
  expect(on.last().version).toBe("1.0.0")
  const wish = async (): Promise<void> => {
    await on.last().say({ type: "healthy" })
    await on.last().say({ type: "switch", version: "2.0.0" })
    await on.last().end({ code: 0 })
  }
  await wish()
  expect(on.last().version).toBe("1.0.0")
  await on.versions.forgive("2.0.0")
  await wish()
  expect(on.last().version).toBe("2.0.0")
  await on.last().say({ type: "healthy" })
  expect(on.versions.state().current).toBe("2.0.0")
})

describe("a switch", () => {
  test("waits for the end of what runs, and the new version is accepted once it is healthy", async () => {
    const on = await bench()
    await on.last().say({ type: "healthy" })
    await on.last().say({ type: "switch", version: "2.0.0" })
    await on.pass(9 * MINUTE)
    expect(on.starts).toHaveLength(1)
    await on.last().end({ code: 0 })
    expect(on.last().version).toBe("2.0.0")
    expect(on.versions.state()).toMatchObject({ current: null, trial: { version: "2.0.0", attempts: 1 } })
    await on.last().say({ type: "healthy" })
    expect(on.versions.state()).toMatchObject({ current: "2.0.0", trial: null })
    expect(on.kinds()).toEqual(["started", "healthy", "started", "healthy", "accepted"])
    await on.pass(60 * MINUTE)
    expect(on.starts).toHaveLength(2)
    expect(on.last().told).toEqual([])
  })

  test.each([
    [{ code: 0 }, "it ended with exit code 0, before it was healthy"],
    [{ signal: "SIGSEGV" as const }, "it ended by SIGSEGV, before it was healthy"],
    [
      { code: 1, stderr: "x\nTypeError: a is not a function\n    at b (c.js:1:2)\n\nNode.js v26.0.0\n" },
      "it ended with exit code 1: TypeError: a is not a function, before it was healthy",
    ],
    [
      { code: 1, stderr: "error: the database cannot be opened\nnext: spore doctor\n" },
      "it ended with exit code 1: error: the database cannot be opened, before it was healthy",
    ],
  ])("to a version that ends before it is healthy is undone: %o", async (end, reason) => {
    const on = await switched()
    await on.last().end(end)
    expect(on.versions.state()).toMatchObject({ current: null, trial: null, refused: { "2.0.0": { reason } } })
    expect(on.events).toContainEqual({ type: "rejected", version: "2.0.0", reason })
    expect(on.last().version).toBe("1.0.0")
    expect(await on.code()).toBe("running")
  })

  test("to a version that says nothing is undone after three minutes", async () => {
    const on = await switched()
    await on.pass(180 * SECOND - 1)
    expect(on.last().told).toEqual([])
    await on.pass(1)
    expect(on.last().told).toEqual(["stop"])
    await on.pass(10 * SECOND)
    expect(on.starts.map(({ version }) => version)).toEqual(["1.0.0", "2.0.0", "1.0.0"])
    expect(on.starts[1]?.told).toEqual(["stop", "kill"])
    expect(on.versions.state().refused["2.0.0"]?.reason).toBe("it said nothing for 180 seconds and was not healthy")
  })

  test("to a version that tells what it does may take long, but not for ever", async () => {
    const patient = await switched()
    for (let i = 0; i < 9; i++) {
      await patient.pass(170 * SECOND)
      await patient.last().say({ type: "phase", phase: `table ${i}` })
    }
    await patient.last().say({ type: "healthy" })
    expect(patient.versions.state().current).toBe("2.0.0")

    const endless = await switched()
    for (let minute = 0; minute < 30; minute++) {
      expect(endless.last().told).toEqual([])
      await endless.last().say({ type: "phase", phase: "still" })
      await endless.pass(MINUTE)
    }
    expect(endless.last().told).toEqual(["stop"])
    await endless.last().end({ code: 0 })
    expect(endless.versions.state().refused["2.0.0"]?.reason).toBe("it was not healthy after 30 minutes")
    expect(endless.last().version).toBe("1.0.0")
  })

  test("to a version that is refused or missing leaves what ran", async () => {
    const on = await bench()
    await on.last().say({ type: "healthy" })
    await on.last().say({ type: "switch", version: "9.9.9" })
    await on.last().end({ code: 0 })
    expect(on.last().version).toBe("1.0.0")
    expect(on.events).toContainEqual({ type: "not_tried", version: "9.9.9", reason: "9.9.9 is not installed" })
  })

  test("where there is but one version starts that again", async () => {
    const on = await switched({ versions: null })
    expect(on.starts.map(({ version }) => version)).toEqual(["1.0.0", "1.0.0"])
  })

  test("wished by a version on trial does not count before that is healthy", async () => {
    const on = await switched()
    await on.last().say({ type: "switch", version: "3.0.0" })
    await on.last().end({ code: 0 })
    expect(on.last().version).toBe("1.0.0")
    expect(Object.keys(on.versions.state().refused)).toEqual(["2.0.0"])
  })

  test("that cannot be recorded is recorded later, while the version runs", async () => {
    const on = await switched()
    on.versions.fail("accept", 3)
    await on.last().say({ type: "healthy" })
    expect(on.versions.state().trial?.version).toBe("2.0.0")
    await on.pass(7 * SECOND)
    expect(on.versions.state()).toMatchObject({ current: "2.0.0", trial: null })
    expect(on.kinds().filter((kind) => kind === "not_recorded")).toHaveLength(3)
    expect(on.last().told).toEqual([])
  })

  test("that cannot be recorded does not keep the user from ending it", async () => {
    const on = await switched()
    on.versions.fail("accept", 1_000)
    await on.last().say({ type: "healthy" })
    on.supervisor.stop()
    await on.pass(5 * SECOND)
    expect(on.kinds().filter((kind) => kind === "not_recorded")).toHaveLength(1)
    await on.last().end({ code: 0 })
    expect(await on.code()).toBe(0)
  })

  test("that the user took back meanwhile ends, and what ran before runs", async () => {
    const on = await switched()
    on.versions.fail("accept", 1, "version_refused")
    await on.last().say({ type: "healthy" })
    expect(on.last().told).toEqual(["stop"])
    await on.last().end({ code: 0 })
    expect(on.events).toContainEqual({ type: "not_tried", version: "2.0.0", reason: "no accept" })
    expect(on.last().version).toBe("1.0.0")
    await on.last().say({ type: "healthy" })
    await on.last().say({ type: "switch", version: "2.0.0" })
    await on.last().end({ code: 0 })
    expect(on.last().version).toBe("2.0.0")
  })

  test("back is made even where it cannot be recorded, and the version is not tried again", async () => {
    const on = await switched()
    on.versions.fail("reject", 1)
    await on.last().end({ code: 1 })
    expect(on.versions.state().trial?.version).toBe("2.0.0")
    expect(on.last().version).toBe("1.0.0")
    await on.last().say({ type: "healthy" })
    await on.last().say({ type: "switch", version: "2.0.0" })
    await on.last().end({ code: 0 })
    expect(on.last().version).toBe("1.0.0")
    expect(on.events).toContainEqual({
      type: "not_tried",
      version: "2.0.0",
      reason: "it did not work under this supervisor",
    })
  })

  test("is not held against a version where the machine starts no process", async () => {
    const on = await switched()
    await on.last().end({ failure: "spawn EAGAIN" })
    expect(on.events).toContainEqual({ type: "not_tried", version: "2.0.0", reason: "spawn EAGAIN" })
    expect(on.versions.state().refused).toEqual({})
    expect(on.last().version).toBe("1.0.0")
  })

  test("is not held against a version that says what hinders every version, and may be wished again", async () => {
    const on = await switched()
    await on.last().say({ type: "hindered", reason: "the disk is full" })
    await on.last().end({ code: 1 })
    expect(on.events).toContainEqual({ type: "not_tried", version: "2.0.0", reason: "the disk is full" })
    expect(on.versions.state()).toMatchObject({ refused: {}, trial: { version: "2.0.0", attempts: 0 } })
    await on.last().say({ type: "healthy" })
    await on.last().say({ type: "switch", version: "2.0.0" })
    await on.last().end({ code: 0 })
    await on.last().say({ type: "healthy" })
    expect(on.versions.state()).toMatchObject({ current: "2.0.0", trial: null })
  })
})

describe("a trial that was left undecided", () => {
  test("is gone on with at the next start", async () => {
    const versions = memoryVersions()
    versions.pend("2.0.0")
    const on = await bench({}, versions)
    expect(on.last().version).toBe("2.0.0")
    expect(on.events[0]).toMatchObject({ type: "started", version: "2.0.0", attempt: 2 })
    await on.last().say({ type: "healthy" })
    expect(versions.state().current).toBe("2.0.0")
  })

  test.each([
    [{ signal: "SIGTERM" as const }, 143],
    [{ signal: "SIGINT" as const }, 130],
    [{ code: 130 }, 130],
    [{ code: 143 }, 143],
  ])("stays so where somebody ends its program alone, and the supervisor ends with it: %o", async (end, code) => {
    const on = await switched()
    await on.last().end(end)
    expect(await on.code()).toBe(code)
    expect(on.starts).toHaveLength(2)
    expect(on.versions.state()).toMatchObject({ current: null, trial: { version: "2.0.0" }, refused: {} })
  })

  test("stays so where the user ends it", async () => {
    const on = await switched()
    on.supervisor.stop()
    expect(on.last().told).toEqual(["stop"])
    await on.last().end({ code: 0 })
    expect(await on.code()).toBe(0)
    expect(on.versions.state()).toMatchObject({ current: null, trial: { version: "2.0.0" }, refused: {} })
  })
})

describe("a good version", () => {
  test("that ends by itself with 0 ends the supervisor with 0", async () => {
    const on = await bench()
    await on.last().say({ type: "healthy" })
    await on.last().end({ code: 0 })
    expect(await on.code()).toBe(0)
    expect(on.starts).toHaveLength(1)
  })

  test.each([
    [{ code: 3 }, 3],
    [{ signal: "SIGKILL" as const }, 137],
    [{ failure: "spawn ENOENT" }, 1],
  ])("ends the supervisor with its exit code where nobody asked for restarts: %o", async (end, code) => {
    const on = await bench({ restarts: false })
    await on.last().say({ type: "healthy" })
    await on.last().end(end)
    expect(await on.code()).toBe(code)
  })

  test("that crashes is started again after pauses that grow to five minutes, for ever", async () => {
    const on = await bench()
    await on.last().say({ type: "healthy" })
    const pauses: number[] = []
    for (let i = 0; i < 14; i++) {
      await on.last().end({ code: 1 })
      const event = on.events.at(-1)
      const pause = event?.type === "restarting" ? event.pause : Number.NaN
      pauses.push(pause / SECOND)
      await on.pass(pause - 1)
      expect(on.starts).toHaveLength(i + 1)
      await on.pass(1)
      expect(on.starts).toHaveLength(i + 2)
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300, 300])
  })

  test("that was healthy for ten minutes has short pauses again", async () => {
    const on = await bench()
    await on.last().say({ type: "healthy" })
    for (let i = 0; i < 5; i++) {
      await on.last().end({ signal: "SIGSEGV" })
      await on.pass(5 * MINUTE)
    }
    await on.last().say({ type: "healthy" })
    await on.pass(10 * MINUTE)
    await on.last().end({ signal: "SIGSEGV" })
    expect(on.events.at(-1)).toMatchObject({ type: "restarting", pause: SECOND })
  })

  test("that says at its first start that it cannot run is not started again", async () => {
    const on = await bench()
    await on.last().end({ code: 2, stderr: "error: no such option\n" })
    expect(await on.code()).toBe(2)
    const killed = await bench()
    await killed.last().end({ signal: "SIGKILL" })
    expect(await killed.code()).toBe("running")
  })

  test("is started again at once where it wishes so, but not in a loop", async () => {
    const on = await bench({ restarts: false })
    await on.last().say({ type: "healthy" })
    await on.last().say({ type: "restart" })
    await on.last().end({ code: 0 })
    expect(on.starts).toHaveLength(2)
    await on.last().say({ type: "restart" })
    await on.last().end({ code: 0 })
    expect(on.starts).toHaveLength(2)
    await on.pass(SECOND)
    expect(on.starts).toHaveLength(3)
  })

  test("may send anything: what is no message is told once and has no effect", async () => {
    const on = await bench()
    const garbage = [null, 7, "healthy", [], {}, { type: "run", version: "2.0.0" }, { type: "switch", version: 2 }]
    for (const message of [...garbage, { type: "phase", phase: "x".repeat(257) }]) await on.last().say(message)
    expect(on.kinds()).toEqual(["started", "not_understood"])
    await on.last().say({ type: "healthy" })
    await on.last().say({ type: "healthy" })
    await on.last().say({ type: "phase", phase: "late" })
    expect(on.kinds()).toEqual(["started", "not_understood", "healthy"])
  })
})

describe("a good version that does not become healthy here", () => {
  /** As the launcher's choice: none of `except`, and what was installed by hand where no other is left. */
  const choose = (except: ReadonlySet<string>): { version: string; entry: string } => {
    const version = ["3.0.0", "2.0.0"].find((each) => !except.has(each)) ?? "1.0.0"
    return { version, entry: version }
  }
  const versionsOf = ({ starts }: Bench): string[] => starts.map(({ version }) => version)

  test.each([true, false])("three times in a row is passed over, restarts or not: %o", async (restarts) => {
    const on = await bench({ choose, restarts })
    for (const pause of [SECOND, 2 * SECOND, 0]) {
      await on.last().end({ code: 1, stderr: "error: no such table\n" })
      await on.pass(pause)
    }
    expect(versionsOf(on)).toEqual(["3.0.0", "3.0.0", "3.0.0", "2.0.0"])
    const reason = "it ended with exit code 1: error: no such table"
    expect(on.events).toContainEqual({ type: "passed_over", version: "3.0.0", instead: "2.0.0", reason })
    expect(on.starts.map(({ passedOver }) => passedOver)).toEqual([[], [], [], ["3.0.0"]])
    await on.last().say({ type: "healthy" })
    await on.last().say({ type: "switch", version: "3.0.0" })
    await on.last().end({ code: 0 })
    expect(on.events.at(-2)).toMatchObject({ type: "not_tried", version: "3.0.0" })
    expect(on.last().version).toBe("2.0.0")
  })

  test("is passed over as often as another one is left, and then told to whoever started it", async () => {
    const on = await bench({ choose, restarts: false })
    for (let i = 0; i < 6; i++) {
      await on.last().end({ code: 4 })
      await on.pass(MINUTE)
    }
    expect(versionsOf(on).slice(2)).toEqual(["3.0.0", "2.0.0", "2.0.0", "2.0.0", "1.0.0"])
    expect(on.last().passedOver).toEqual(["3.0.0", "2.0.0"])
    await on.last().end({ code: 4 })
    expect(await on.code()).toBe(4)
  })

  test("but does in between, or is hindered, or ended by somebody, runs again", async () => {
    const on = await bench({ choose })
    for (let i = 0; i < 6; i++) {
      if (i === 2) await on.last().say({ type: "healthy" })
      if (i > 2) await on.last().say({ type: "hindered", reason: "the disk is full" })
      await on.last().end(i === 5 ? { signal: "SIGTERM" } : { code: 1 })
      await on.pass(MINUTE)
    }
    expect(versionsOf(on)).toEqual(Array.from({ length: 7 }, () => "3.0.0"))
  })

  test("for something that hinders every version is told at its first start", async () => {
    const on = await bench({ choose })
    await on.last().say({ type: "hindered", reason: "the port is in use" })
    await on.last().end({ code: 1 })
    expect(await on.code()).toBe(1)
  })
})

describe("a stop", () => {
  test("asks the program once, waits, and gives its exit code", async () => {
    const on = await bench()
    on.supervisor.stop()
    await on.pass(9 * SECOND)
    expect(on.last().told).toEqual(["stop"])
    await on.last().end({ code: 4 })
    expect(await on.code()).toBe(4)
  })

  test("kills a program that does not end within ten seconds", async () => {
    const on = await bench()
    on.supervisor.stop()
    await on.pass(10 * SECOND)
    expect(on.last().told).toEqual(["stop", "kill"])
    expect(await on.code()).toBe(137)
    expect(on.events.at(-1)).toEqual({ type: "killed", version: "1.0.0", waited: 10 * SECOND })
  })

  test("asked for twice kills it after a second", async () => {
    const on = await bench()
    on.supervisor.stop()
    on.supervisor.stop()
    expect(on.last().told).toEqual(["stop", "stop"])
    await on.pass(SECOND)
    expect(on.last().told).toEqual(["stop", "stop", "kill"])
  })

  test("during a pause starts nothing any more", async () => {
    const on = await bench()
    await on.last().say({ type: "healthy" })
    await on.last().end({ code: 1 })
    on.supervisor.stop()
    expect(await on.code()).toBe(0)
    expect(on.starts).toHaveLength(1)
  })

  test("overrules a wish of the program", async () => {
    const on = await bench()
    await on.last().say({ type: "healthy" })
    await on.last().say({ type: "switch", version: "2.0.0" })
    on.supervisor.stop()
    await on.last().end({ code: 0 })
    expect(await on.code()).toBe(0)
    expect(on.starts).toHaveLength(1)
    expect(on.versions.state().trial).toBeNull()
  })
})
