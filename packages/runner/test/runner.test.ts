import { readdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type CID, silentLogger, type TaskBody } from "@spore/records"
import { addFile, addFolder, type ArtifactStore, readTree } from "@spore/records/artifacts"
import { makeEnv, temporaryFolder } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import {
  createRunner,
  createUnsandboxed,
  type EvaluationOptions,
  type EvaluationResult,
  type Sandbox,
  type TaskPackage,
} from "../src/index.ts"
import { describeIsolated } from "./isolated.ts"
import { GOOD, packed, taskPackage } from "./fixture.ts"

interface Scene {
  candidate?: string
  overrides?: Partial<TaskPackage>
  options?: EvaluationOptions
  replicates?: { number: number; seed: number }[]
  resource?: number
  change?: (task: TaskBody, store: ArtifactStore) => TaskBody | Promise<TaskBody>
}

/** Packs the fixture, judges one candidate, and checks that no job folder is left. */
async function evaluate(sandbox: Sandbox, scene: Scene = {}): Promise<EvaluationResult> {
  await using folder = await temporaryFolder()
  const { store, task } = await packed(join(folder.path, "package"), scene.overrides)
  const code: CID = await addFile(store, new TextEncoder().encode(scene.candidate ?? GOOD))
  const workDir = join(folder.path, "jobs")
  const runner = createRunner({
    sandbox,
    artifacts: store,
    workDir,
    env: makeEnv(),
    log: silentLogger,
    ...(scene.resource === undefined ? {} : { resource: scene.resource }),
  })
  const job = {
    task: (await scene.change?.(task, store)) ?? task,
    code,
    replicates: scene.replicates ?? [{ number: 0, seed: 7 }],
  }
  try {
    return await runner.evaluate(job, scene.options)
  } finally {
    expect(await readdir(workDir).catch(() => [])).toEqual([])
  }
}

function evaluations(sandbox: () => Sandbox): void {
  it("scores a candidate that works", async () => {
    const lines: string[] = []
    const fractions: number[] = []
    const result = await evaluate(sandbox(), {
      options: { onLine: (line) => lines.push(line), onProgress: (progress) => fractions.push(progress.fraction) },
    })
    expect(result).toMatchObject({
      outcome: "ok",
      detail: "",
      scores: [4],
      metrics: { x: 5, seed: 7, replicate: 0, budget: 60 },
      feedback: "x was 5 in stage full",
      steps: 5,
    })
    expect(result.seconds).toBeGreaterThan(0)
    expect(lines).toEqual(["step 00005 (50.0%) | loss: 4.5 | remaining: 3s"])
    expect(result.log).toBe(`${lines[0]}\n`)
    expect(fractions).toEqual([0.5])
  })

  it("runs every replicate with its own seed, and averages the metrics", async () => {
    const fractions: number[] = []
    const result = await evaluate(sandbox(), {
      overrides: { replay: { ...taskPackage.replay, replicates: 2, seeds: [10, 20] } },
      replicates: [
        { number: 0, seed: 10 },
        { number: 1, seed: 20 },
      ],
      options: { onProgress: (progress) => fractions.push(progress.fraction) },
    })
    expect(result).toMatchObject({ outcome: "ok", scores: [4, 4], metrics: { seed: 15, replicate: 0.5 } })
    expect(fractions).toEqual([0.25, 0.75])
  })

  it.each<[string, string, EvaluationResult["outcome"], RegExp]>([
    ["says so", `console.log(JSON.stringify({ x: 1, error: "they\\noverlap" }))`, "incorrect", /^they overlap$/],
    ["scores no number", `console.log(JSON.stringify({ x: null }))`, "incorrect", /not a finite number/],
    ["scores text", `console.log(JSON.stringify({ x: 1, leave: "text" }))`, "incorrect", /not a finite number/],
    ["scores out of bounds", `console.log(JSON.stringify({ x: 1000 }))`, "incorrect", /bounds/],
    ["leaves no verdict", `console.log(JSON.stringify({ leave: "nothing" }))`, "incorrect", /correct\.json/],
    ["crashes", `throw new RangeError("diverged")`, "crash", /^exit code 1: RangeError: diverged$/],
  ])("calls it what it is when the candidate %s", async (_, candidate, outcome, detail) => {
    const result = await evaluate(sandbox(), { candidate })
    expect(result).toMatchObject({ outcome, scores: [] })
    expect(result.detail).toMatch(detail)
  })

  it("stops a candidate that hangs", async () => {
    const result = await evaluate(sandbox(), {
      candidate: "setInterval(() => {}, 1000)",
      overrides: { budget: { type: "wall", value: 1, killSeconds: 1 } },
    })
    expect(result).toMatchObject({ outcome: "timeout", scores: [] })
  })

  it("gives a throttled run as much more time", async () => {
    const result = await evaluate(sandbox(), {
      candidate: `setTimeout(() => console.log(JSON.stringify({ x: 5 })), 3500)`,
      overrides: { budget: { type: "steps", value: 1, killSeconds: 3 } },
      resource: 10,
    })
    expect(result).toMatchObject({ outcome: "ok", scores: [4] })
    expect(result.seconds).toBeGreaterThan(3)
  })

  it("says so when a candidate eats all memory", async () => {
    const result = await evaluate(sandbox(), {
      candidate: `const held = []; for (let i = 0; i < 40; i++) held.push(Buffer.alloc(16 << 20, 1)); setInterval(() => held, 1000)`,
      overrides: { memoryMb: 250 },
    })
    expect(result).toMatchObject({ outcome: "oom", detail: "used more than 250 MiB of memory" })
    expect(result.peakMemoryMb).toBeGreaterThan(250)
  })

  it("does not follow a link in place of the results", async () => {
    await using folder = await temporaryFolder()
    const result = await evaluate(sandbox(), {
      candidate: `
      import { symlinkSync, writeFileSync } from "node:fs"
      import { tmpdir } from "node:os"
      writeFileSync(tmpdir() + "/elsewhere", "{}")
      symlinkSync(tmpdir() + "/elsewhere", process.argv[2] + "/metrics.json")
      console.log(JSON.stringify({ x: 5 }))`,
    })
    expect(result).toMatchObject({ outcome: "crash", detail: "the evaluator wrote no valid metrics.json" })
    expect(await readdir(folder.path)).toEqual([])
  })

  it("can be aborted, which says nothing about the candidate", async () => {
    const abort = new AbortController()
    const result = await evaluate(sandbox(), {
      candidate: `console.error("running"); setInterval(() => {}, 1000)`,
      options: { signal: abort.signal, onLine: () => abort.abort() },
    })
    expect(result).toMatchObject({ outcome: "aborted", scores: [], log: "running\n" })
  })
}

describe("evaluating without a sandbox", () => {
  evaluations(() => createUnsandboxed())
})

describeIsolated("evaluating in bubblewrap", (sandbox) => {
  evaluations(sandbox)

  it.each(["/work/in/lib/evaluate.mjs", "/usr/planted", "/planted"])(
    "does not let a candidate write %s",
    async (path) => {
      const candidate = `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(path)}, "planted")`
      const { outcome, detail } = await evaluate(sandbox(), { candidate })
      expect(`${outcome}: ${detail}`).toMatch(/^crash: .*(EROFS|EACCES)/)
    },
    60_000,
  )
})

async function withoutPackage(task: TaskBody, store: ArtifactStore): Promise<TaskBody> {
  return { ...task, bundle: await addFolder(store, new Map([["readme.txt", new Uint8Array(1)]])) }
}

describe("what is not run at all", () => {
  const never: Sandbox = {
    backend: "never",
    isolated: true,
    hardness: { memory: "none", processes: "none", cpu: "none", treeKill: "yes" },
    links: false,
    streams: false,
    paths: ({ inputs, outputs, mounts = {} }) => ({ inputs, outputs, mounts }),
    run: () => Promise.reject(new Error("it ran")),
  }

  it.each<[string, Partial<TaskBody>]>([
    ["metric", { metric: { ...taskPackage.metric, goal: "maximize" } }],
    ["replay", { replay: { ...taskPackage.replay, seeds: [8] } }],
    ["budget", { budget: { ...taskPackage.budget, value: 11 } }],
  ])("a bundle that contradicts the signed task in its %s", async (field, change) => {
    await expect(evaluate(never, { change: (task) => ({ ...task, ...change }) })).rejects.toThrow(
      `spore.task.json and the signed task test-task differ in ${field}`,
    )
  })

  it("a bundle that is no task package", async () => {
    await expect(evaluate(never, { change: withoutPackage })).rejects.toMatchObject({ code: "task_package_incomplete" })
  })

  it("a candidate with files it may not bring", async () => {
    await using folder = await temporaryFolder()
    const { store, task } = await packed(folder.path)
    const code = await addFolder(store, await readTree(store, task.bundle))
    const runner = createRunner({
      sandbox: never,
      artifacts: store,
      workDir: join(folder.path, "jobs"),
      env: makeEnv(),
      log: silentLogger,
    })
    const job = { task, code, replicates: [{ number: 0, seed: 7 }] }
    const result = await runner.evaluate(job)
    expect(result).toMatchObject({ outcome: "incorrect", scores: [], seconds: 0 })
    expect(result.detail).toMatch(/^the candidate is not one file: /)
    await expect(runner.evaluate({ ...job, replicates: [] })).rejects.toMatchObject({ code: "no_replicates" })
  })

  it("a failure of the host is no statement about the candidate", async () => {
    const broken: Sandbox = {
      ...never,
      run: () =>
        Promise.resolve({
          outcome: "infra",
          exitCode: null,
          detail: "the sandbox did not start",
          wallSeconds: 0,
          cpuSeconds: null,
          peakMemoryMb: null,
          outputTail: "",
        }),
    }
    expect(await evaluate(broken)).toMatchObject({ outcome: "infra", detail: "the sandbox did not start", scores: [] })
  })

  it("nor is a job folder that cannot be made", async () => {
    await using folder = await temporaryFolder()
    const { store, task } = await packed(join(folder.path, "package"))
    await writeFile(join(folder.path, "file"), "")
    const runner = createRunner({
      sandbox: never,
      artifacts: store,
      workDir: join(folder.path, "file", "jobs"),
      env: makeEnv(),
      log: silentLogger,
    })
    const result = await runner.evaluate({ task, code: task.baseline, replicates: [{ number: 0, seed: 7 }] })
    expect(result).toMatchObject({ outcome: "infra", scores: [] })
    expect(result.detail).toMatch(/^ENOTDIR/)
  })
})
