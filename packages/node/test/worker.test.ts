import { silentLogger, SporeError, systemClock } from "@spore/records"
import { until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import type { Job, JobSource } from "../src/job.ts"
import { createWorker, type Worker } from "../src/worker.ts"

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
  return { activity, run }
}

/** A source with a fixed list of jobs. */
function source(name: string, jobs: Job[]): JobSource {
  return { name, next: async () => jobs.shift() ?? null }
}

function workerOf(sources: JobSource[], failures: unknown[] = []): Worker {
  return createWorker({
    shared: sources.map((one) => ({ source: one, share: 1 })),
    clock: systemClock,
    log: silentLogger,
    onActivity: () => undefined,
    onFailure: (_, error) => failures.push(error),
  })
}

describe("the worker", () => {
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
    const worker = workerOf([source("a", ["a1", "a2", "a3"].map(noted)), source("b", ["b1"].map(noted))])
    worker.start()
    await until(() => order.length === 4)
    expect(order).toEqual(["a1", "b1", "a2", "a3"])
    await worker.stop()
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
    const worker = createWorker({
      first: source("asked", asked),
      shared: [
        { source: source("research", research), share: 50 },
        { source: source("verification", verification), share: 50 },
      ],
      clock: { now: () => now },
      log: silentLogger,
      onActivity: (activity) => {
        if (activity === null && order.length === 4) asked.push(lasting("asked", 500))
      },
      onFailure: () => undefined,
    })
    worker.start()
    await until(() => research.length + verification.length + asked.length === 0 && worker.activity() === null)
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
    await worker.stop()
  })

  it("aborts the running job when it stops, and shows no activity afterwards", async () => {
    let aborted = false
    const endless = job("endless", async (signal, report) => {
      report.line("working")
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()))
      aborted = true
    })
    const worker = workerOf([source("a", [endless])])
    worker.start()
    await until(() => worker.activity()?.title === "endless" && worker.lines().includes("working"))
    await worker.stop()
    expect(aborted).toBe(true)
    expect(worker.activity()).toBeNull()
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
    const worker = workerOf([broken, source("fine", fine)], failures)
    worker.start()
    await until(() => {
      worker.wake()
      return done.length === 3
    })
    expect(failures).toMatchObject([{ code: "host_problem" }])
    await worker.stop()
  })
})
