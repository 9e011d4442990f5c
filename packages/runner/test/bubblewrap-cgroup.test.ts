import { describe, expect, it, vi } from "vitest"
import { createBubblewrapSandbox } from "../src/index.ts"
import type { Cgroups } from "../src/sandbox/cgroups.ts"
import { describeIsolated } from "./isolated.ts"
import { runProgram } from "./suite/job.ts"

/** On this machine the kernel ends something for memory all the time. */
vi.mock(import("../src/sandbox/processes.ts"), async (original) => {
  let kills = 0
  return { ...(await original()), kernelOomKills: () => kills++ }
})

const FAILS = `process.exit(3)`

/** Groups that hold nothing; counts those that are there. */
function emptyGroups(): { cgroups: Cgroups; made: () => number; left: () => number } {
  let [made, left] = [0, 0]
  const cgroups: Cgroups = {
    hardness: { memory: "hard", processes: "hard", cpu: "hard" },
    create() {
      made++
      left++
      return {
        add: () => undefined,
        kill: () => undefined,
        usage: () => ({ peakBytes: null, cpuSeconds: null, outOfMemory: null }),
        [Symbol.dispose]: () => void left--,
      }
    },
  }
  return { cgroups, made: () => made, left: () => left }
}

describe.runIf(process.platform === "linux")("the group of a job", () => {
  it("goes where the job cannot be started", async () => {
    const { cgroups, made, left } = emptyGroups()
    // refused before there is a process
    const sandbox = createBubblewrapSandbox({ bwrapPath: "/usr/bin/bwrap\0", cgroups })
    await expect(runProgram(sandbox, FAILS)).rejects.toThrow(/null bytes/)
    expect([made(), left()]).toEqual([1, 0])
  })
})

describeIsolated("a program that fails while the machine ends others for memory", () => {
  it("has failed by itself where its own group says so", async () => {
    const { cgroups, left } = emptyGroups()
    const { result } = await runProgram(createBubblewrapSandbox({ cgroups }), FAILS)
    expect(result).toMatchObject({ outcome: "crash", exitCode: 3 })
    expect(left()).toBe(0)
  })

  it("may have been one of them where it has no group", async () => {
    const { result } = await runProgram(createBubblewrapSandbox({ cgroups: null }), FAILS)
    expect(result).toMatchObject({ outcome: "oom", detail: "the machine ran out of memory" })
  })
})
