import { silentLogger, SporeError, systemClock } from "@spore/records"
import { until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import type { Job, JobSource } from "../src/job.ts"
import { createWorker, type Worker } from "../src/worker.ts"

function job(title: string, run: Job["run"] = async () => undefined): Job {
  return { activity: { kind: "experiment", task: "t", taskName: "task", title, experiment: null }, run }
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
