import { setImmediate } from "node:timers/promises"
import { silentLogger, SporeError, systemClock } from "@spore/records"
import { until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import type { Job, JobSource } from "../src/job.ts"
import { type Activities, type ActivitiesInit, createActivities } from "../src/activities.ts"
import { createDevice, type Device, type DeviceInit } from "../src/device.ts"

function job(title: string, run: Job["run"] = async () => undefined): Job {
  const activity = {
    kind: "experiment",
    task: "t",
    taskName: "task",
    title,
    experiment: null,
    parent: null,
    agent: null,
  } as const
  return { activity, timed: false, run }
}

/** A source with a fixed list of jobs. */
function source(name: string, jobs: Job[]): JobSource {
  return { name, next: async () => jobs.shift() ?? null }
}

interface Made {
  readonly device: Device
  readonly activities: Activities
}

function deviceOf(
  init: Pick<DeviceInit, "shared"> & Partial<DeviceInit>,
  onActivity: ActivitiesInit["onActivity"] = () => undefined,
): Made {
  const clock = init.clock ?? systemClock
  const activities = createActivities({ clock, reserved: 0, onActivity })
  const device = createDevice({ slots: 1, activities, clock, log: silentLogger, onFailure: () => undefined, ...init })
  return { device, activities }
}

/** All with the same share. */
function equally(...sources: readonly JobSource[]): DeviceInit["shared"] {
  return sources.map((one) => ({ source: one, share: 1 }))
}

describe("the device", () => {
  it("takes sources in turn and runs one job at a time", async () => {
    const order: string[] = []
    let running = 0
    const noted = (title: string): Job =>
      job(title, async () => {
        running++
        expect(running).toBe(1)
        await Promise.resolve()
        order.push(title)
        running--
      })
    const sources = equally(source("a", ["a1", "a2", "a3"].map(noted)), source("b", ["b1"].map(noted)))
    const { device } = deviceOf({ shared: sources })
    device.start()
    await until(() => order.length === 4)
    expect(order).toEqual(["a1", "b1", "a2", "a3"])
    await device.stop()
  })

  it("shares the device's time as told, and first does what was asked for", async () => {
    let now = 0
    const order: string[] = []
    const lasting = (title: string, ms: number): Job =>
      job(title, async () => {
        order.push(title)
        now += ms
      })
    const asked: Job[] = []
    const research = Array.from({ length: 4 }, () => lasting("research", 30))
    const verification = Array.from({ length: 12 }, () => lasting("verification", 10))
    const { device, activities } = deviceOf(
      {
        first: source("asked", asked),
        shared: equally(source("research", research), source("verification", verification)),
        clock: { now: () => now },
      },
      (_, activity) => {
        if (activity === null && order.length === 4) asked.push(lasting("asked", 500))
      },
    )
    device.start()
    await until(() => research.length + verification.length + asked.length === 0 && activities.list().length === 0)
    expect(order.slice(0, 9)).toEqual([
      "research",
      "verification",
      "verification",
      "verification",
      "asked",
      "research",
      "verification",
      "verification",
      "verification",
    ])
    await device.stop()
  })

  it("runs as many side by side as it has slots, and timed ones alone", async () => {
    const running = new Set<string>()
    const seen: string[][] = []
    const held: (() => void)[] = []
    const holding = (title: string, timed: boolean): Job => ({
      ...job(title, async () => {
        running.add(title)
        seen.push([...running].toSorted())
        await new Promise<void>((resolve) => held.push(resolve))
        running.delete(title)
      }),
      timed,
    })
    const jobs = ["a", "b", "c", "timed 1", "timed 2", "d"].map((title) => holding(title, title.startsWith("timed")))
    const { device, activities } = deviceOf({ shared: equally(source("s", jobs)), slots: 2 })
    device.start()
    for (let ended = 0; ended < 6; ended++) {
      await until(() => held.length > ended)
      held[ended]?.()
    }
    await until(() => running.size === 0 && activities.list().length === 0)
    expect(seen.every((together) => together.length <= 2)).toBe(true)
    expect(seen.filter((together) => together.some((title) => title.startsWith("timed")))).toEqual([
      ["timed 1"],
      ["timed 2"],
    ])
    await device.stop()
  })

  it("fills its slots at once", async () => {
    const aborted = (signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve()))
    const jobs = ["a", "b", "c"].map((title) => job(title, aborted))
    const { device, activities } = deviceOf({ shared: equally(source("s", jobs)), slots: 2 })
    device.start()
    await until(() => activities.list().length === 2)
    expect(activities.list().map(({ worker, title }) => [worker, title])).toEqual([
      [0, "a"],
      [1, "b"],
    ])
    await device.stop()
    expect(jobs).toHaveLength(1)
  })

  it("aborts the running job when it stops, and shows no activity afterwards", async () => {
    let aborted = false
    const endless = job("endless", async (signal, report) => {
      report.line("working")
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()))
      aborted = true
    })
    const { device, activities } = deviceOf({ shared: equally(source("a", [endless])) })
    device.start()
    await until(() => activities.list()[0]?.title === "endless" && activities.lines().includes("working"))
    await device.stop()
    expect(aborted).toBe(true)
    expect(activities.list()).toEqual([])
  })

  it("begins nothing while it is held, and says when what ran has ended", async () => {
    const done: string[] = []
    const end = Promise.withResolvers<void>()
    const jobs = [job("running", () => end.promise), job("next", async () => void done.push("next"))]
    const { device, activities } = deviceOf({ shared: equally(source("s", jobs)) })
    device.start()
    await until(() => activities.list().length === 1)
    const [hold, other] = [device.hold(), device.hold()]
    let isIdle = false
    void hold.idle.then(() => (isIdle = true))
    await setImmediate()
    expect(isIdle).toBe(false)
    end.resolve()
    await hold.idle
    hold.release()
    hold.release()
    device.wake()
    await setImmediate()
    expect([activities.list(), done]).toEqual([[], []])
    other.release()
    await until(() => done.length === 1)
    await device.stop()
  })

  it("stops while it is held", async () => {
    let began = false
    const never = job("never", async () => void (began = true))
    const { device } = deviceOf({ shared: equally(source("s", [never])) })
    const hold = device.hold()
    device.start()
    await hold.idle
    await device.stop()
    expect(began).toBe(false)
  })

  it("lets a source that fails wait, whatever wakes it, while the others go on", async () => {
    const failures: unknown[] = []
    const done: string[] = []
    const broken: JobSource = {
      name: "broken",
      next: async () => {
        throw new SporeError("host_problem", "no memory")
      },
    }
    const fine = ["one", "two", "three"].map((title) => job(title, async () => void done.push(title)))
    const { device } = deviceOf({
      shared: equally(broken, source("fine", fine)),
      onFailure: (_, error) => failures.push(error),
    })
    device.start()
    await until(() => {
      device.wake()
      return done.length === 3
    })
    expect(failures).toMatchObject([{ code: "host_problem" }])
    await device.stop()
  })
})
