import { describe, expect, it } from "vitest"
import { createHostFaults, type EvaluationResult } from "../src/index.ts"

const OK: EvaluationResult = {
  outcome: "ok",
  detail: "",
  scores: [1],
  metrics: {},
  feedback: "",
  missing: null,
  object: null,
  judge: "shared",
  seconds: 1,
  cpuSeconds: 1,
  steps: null,
  peakMemoryMb: null,
  log: "",
}
const lacks = (name: string): EvaluationResult => ({
  ...OK,
  outcome: "incorrect",
  detail: `No module named '${name}'`,
  scores: [],
  missing: { name, install: `pip install ${name}` },
})
const CRASH: EvaluationResult = { ...OK, outcome: "crash", detail: "diverged", scores: [] }

/** A way to run a baseline, and how often it was taken. */
function baseline(...results: EvaluationResult[]): { run: () => Promise<EvaluationResult>; runs: () => number } {
  let runs = 0
  return {
    run: () => {
      const result = results[Math.min(runs++, results.length - 1)]
      return result === undefined ? Promise.reject(new Error("no baseline is to be run")) : Promise.resolve(result)
    },
    runs: () => runs,
  }
}

describe("a failure is the host's", () => {
  it("never where the candidate is ok, and no baseline is run", async () => {
    expect(await createHostFaults(() => 0).of("task", OK, baseline().run)).toBeNull()
  })

  it("where the baseline fails alike: with the line that installs what is missing", async () => {
    const faults = createHostFaults(() => 0)
    expect(await faults.of("task", lacks("jax"), baseline(lacks("jax")).run)).toEqual({
      detail: "No module named 'jax'",
      next: "pip install jax",
    })
    expect(await faults.of("other", CRASH, baseline(CRASH).run)).toEqual({ detail: "diverged", next: null })
  })

  it("not where the baseline runs: the candidate wants what the task does not", async () => {
    const { run, runs } = baseline(OK)
    const faults = createHostFaults(() => 0)
    expect(await faults.of("task", lacks("jax"), run)).toBeNull()
    expect(await faults.of("task", CRASH, run)).toBeNull()
    expect(runs()).toBe(1)
  })

  it("where the sandbox failed, or the baseline itself did", async () => {
    const faults = createHostFaults(() => 0)
    const infra: EvaluationResult = { ...CRASH, outcome: "infra", detail: "there is no /usr/bin/python3" }
    expect(await faults.of("task", infra, baseline().run)).toEqual({ detail: infra.detail, next: null })
    expect(await faults.of("task", lacks("jax"), null)).toMatchObject({ next: "pip install jax" })
    expect(await faults.of("task", OK, null)).toBeNull()
  })

  it("until it is mended: a failing baseline is run again after ten minutes, one that was aborted at once", async () => {
    let now = 0
    const faults = createHostFaults(() => now)
    const { run, runs } = baseline({ ...CRASH, outcome: "aborted" }, lacks("jax"), OK)
    expect(await faults.of("task", lacks("jax"), run)).not.toBeNull()
    expect(await faults.of("task", lacks("jax"), run)).not.toBeNull()
    now = 10 * 60_000 - 1
    expect(await faults.of("task", lacks("jax"), run)).not.toBeNull()
    expect(runs()).toBe(2)
    now++
    expect(await faults.of("task", lacks("jax"), run)).toBeNull()
    expect(runs()).toBe(3)
  })

  it("again, where a baseline that once ran no longer does", async () => {
    let now = 0
    const faults = createHostFaults(() => now)
    const { run, runs } = baseline(OK, lacks("ffmpeg"))
    expect(await faults.of("task", CRASH, run)).toBeNull()
    now = 10 * 60_000 - 1
    expect(await faults.of("task", CRASH, run)).toBeNull()
    now++
    expect(await faults.of("task", CRASH, run)).toMatchObject({ next: "pip install ffmpeg" })
    expect(runs()).toBe(2)
  })
})
