import { join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { createUnsandboxed, runTask } from "../src/index.ts"
import { describeIsolated } from "./isolated.ts"
import { taskPackage, writePackage } from "./fixture.ts"

const files = (candidate: string): Map<string, Uint8Array> => new Map([["candidate.mjs", Buffer.from(candidate)]])

describe("a task package in a folder", () => {
  it("is judged with its own candidate, or another", async () => {
    await using folder = await temporaryFolder()
    await writePackage(folder.path)
    const sandbox = createUnsandboxed()
    const lines: string[] = []
    const baseline = await runTask({ folder: folder.path, sandbox, onLine: (line) => lines.push(line) })
    expect(baseline).toMatchObject({ outcome: "ok", scores: [4], metrics: { seed: 7 }, judge: "shared" })
    expect(lines).toHaveLength(1)
    const candidate = files(`console.log(JSON.stringify({ x: 3 }))`)
    expect(await runTask({ folder: folder.path, sandbox, candidate })).toMatchObject({ outcome: "ok", scores: [0] })
  })

  it("is judged as often as asked, by the task's seeds or such as follow from the code", async () => {
    await using folder = await temporaryFolder()
    await writePackage(folder.path)
    const sandbox = createUnsandboxed()
    expect(await runTask({ folder: folder.path, sandbox, replicates: 3 })).toMatchObject({
      scores: [4, 4, 4],
      metrics: { seed: 7, replicate: 1 },
    })
    const chosen = [{ number: 4, seed: 99 }]
    expect(await runTask({ folder: folder.path, sandbox, replicates: chosen })).toMatchObject({
      metrics: { seed: 99, replicate: 4 },
    })
    const noisy = join(folder.path, "noisy")
    await writePackage(noisy, { replay: { ...taskPackage.replay, mode: "noisy", seeds: [] } })
    const [one, other] = [await runTask({ folder: noisy, sandbox }), await runTask({ folder: noisy, sandbox })]
    expect(one.metrics["seed"]).not.toBe(7)
    expect(other.metrics["seed"]).toBe(one.metrics["seed"])
  })

  it("is refused where it is none, and can be aborted", async () => {
    await using folder = await temporaryFolder()
    const sandbox = createUnsandboxed()
    await expect(runTask({ folder: folder.path, sandbox })).rejects.toMatchObject({ code: "task_not_inferred" })
    await writePackage(folder.path)
    await expect(runTask({ folder: folder.path, sandbox, candidate: new Map() })).rejects.toMatchObject({
      code: "candidate_files",
    })
    const signal = AbortSignal.abort()
    expect(await runTask({ folder: folder.path, sandbox, signal })).toMatchObject({ outcome: "aborted" })
  })
})

describeIsolated("a task package in a folder and the sandbox that works here", () => {
  it("go together", async () => {
    await using folder = await temporaryFolder()
    await writePackage(folder.path)
    expect(await runTask({ folder: folder.path })).toMatchObject({ outcome: "ok", scores: [4] })
  })
})
