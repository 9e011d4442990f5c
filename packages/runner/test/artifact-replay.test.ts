import { join } from "node:path"
import { type CID, silentLogger, type TaskBody } from "@spore/records"
import { addFile, addFolder, type ArtifactStore, readTree } from "@spore/records/artifacts"
import { makeEnv, temporaryFolder } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import {
  createRunner,
  createUnsandboxed,
  type EvaluationResult,
  type Runner,
  type Sandbox,
  type TaskPackage,
} from "../src/index.ts"
import { describeIsolated } from "./isolated.ts"
import { packed, taskPackage } from "./fixture.ts"

/** Runs the candidate in its own process, as third-party evaluators do: the candidate may claim any score. */
const EVALUATE = `
import { mkdirSync, writeFileSync } from "node:fs"
const [, , , program, , results] = process.argv
const { solve } = await import(program)
console.log("the candidate runs")
mkdirSync(results + "/artifacts/deep", { recursive: true })
writeFileSync(results + "/artifacts/deep/x.json", JSON.stringify(solve(Number(process.env.SPORE_SEED))))
writeFileSync(results + "/metrics.json", JSON.stringify({ combined_score: globalThis.claimed ?? 0 }))
writeFileSync(results + "/correct.json", '{"correct": true}')
`
const CHECK = `
import { existsSync, readFileSync, writeFileSync } from "node:fs"
const [, , , artifacts, , results] = process.argv
const x = JSON.parse(readFileSync(artifacts + "/deep/x.json", "utf8"))
const correct = typeof x === "number"
writeFileSync(results + "/correct.json", JSON.stringify({ correct, error: correct ? null : "no number" }))
writeFileSync(results + "/metrics.json", JSON.stringify({
  combined_score: (x - 3) ** 2, public: { candidate_is_here: Number(existsSync("candidate.mjs")) },
}))
`
const overrides: Partial<TaskPackage> = {
  replay: { ...taskPackage.replay, mode: "artifact", replicates: 2, seeds: [] },
  evaluator: { kind: "native", judge: "shared", cmd: ["node", "evaluate.mjs"], check: ["node", "check.mjs"] },
}
const files = {
  "evaluate.mjs": EVALUATE,
  "check.mjs": CHECK,
  "candidate.mjs": "export const solve = (seed) => 3 + seed",
}
const replicates = [
  { number: 0, seed: 1 },
  { number: 1, seed: 2 },
]

interface Scene extends AsyncDisposable {
  runner: Runner
  store: ArtifactStore
  task: TaskBody
  run: (candidate: string) => Promise<EvaluationResult>
}

async function scene(sandbox: Sandbox, changes = overrides, content: Record<string, string> = files): Promise<Scene> {
  const folder = await temporaryFolder()
  const { store, task } = await packed(join(folder.path, "package"), changes, content)
  const init = { artifacts: store, workDir: join(folder.path, "jobs"), env: makeEnv(), log: silentLogger }
  const runner = createRunner({ ...init, sandbox })
  return {
    runner,
    store,
    task,
    run: async (candidate) =>
      runner.evaluate({ task, code: await addFile(store, new TextEncoder().encode(candidate)), replicates }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

function objectOf({ object }: EvaluationResult): CID {
  if (object === null) throw new TypeError("no object")
  return object
}

function replays(sandbox: () => Sandbox): void {
  it("keeps what each replicate left, and scores that by the check", async () => {
    await using at = await scene(sandbox())
    const result = await at.runner.evaluate({ task: at.task, code: at.task.baseline, replicates })
    expect(result).toMatchObject({ outcome: "ok", scores: [1, 4], metrics: { candidate_is_here: 0 } })
    const object = await readTree(at.store, objectOf(result))
    expect([...object].map(([path, bytes]) => [path, Buffer.from(bytes).toString()])).toEqual([
      ["0/deep/x.json", "4"],
      ["1/deep/x.json", "5"],
    ])
  })

  it("scores an object again without running the candidate", async () => {
    await using at = await scene(sandbox())
    const object = objectOf(await at.runner.evaluate({ task: at.task, code: at.task.baseline, replicates }))
    const hangs = await addFile(at.store, new TextEncoder().encode("while (true);"))
    const lines: string[] = []
    const again = await at.runner.evaluate(
      { task: at.task, code: hangs, replicates, object },
      { onLine: (line) => lines.push(line) },
    )
    expect(again).toMatchObject({ outcome: "ok", scores: [1, 4], object })
    expect(lines).toEqual([])
  })

  it("does not believe a candidate that patches its judge", async () => {
    await using at = await scene(sandbox())
    const result = await at.run("globalThis.claimed = 0.5; export const solve = () => 10")
    expect(result).toMatchObject({ outcome: "ok", scores: [49, 49] })
    expect(await at.run("export const solve = () => 'ten'")).toMatchObject({
      outcome: "incorrect",
      detail: "no number",
    })
  })

  it("calls a candidate that leaves nothing, or too much, incorrect", async () => {
    await using at = await scene(sandbox())
    const leave = (action: string): string =>
      `import { rmSync, writeFileSync } from "node:fs"
       const results = process.argv[5]
       process.on("exit", () => { ${action} })
       export const solve = () => 1`
    for (const action of [
      `rmSync(results + "/artifacts", { recursive: true })`,
      `writeFileSync(results + "/artifacts/big", new Uint8Array(9 << 20))`,
    ]) {
      const result = await at.run(leave(action))
      expect(result).toMatchObject({ outcome: "incorrect", scores: [] })
      expect(result.detail).toMatch(/^the evaluator left no artifacts, or more than \d+ bytes or 200 files$/)
    }
  })
}

describe("artifact replay without a sandbox", () => {
  replays(createUnsandboxed)
})

describeIsolated("artifact replay in bubblewrap", (sandbox) => {
  replays(sandbox)
})

it("a solution is its own object: nothing of it runs", async () => {
  const solution: Partial<TaskPackage> = {
    ...overrides,
    artifact: "solution",
    candidate: { editable: ["deep/x.json"], entry: "deep/x.json", language: "json" },
    evaluator: { kind: "native", judge: "separate", check: ["node", "check.mjs"] },
  }
  await using at = await scene(createUnsandboxed(), solution, { ...files, "deep/x.json": "5" })
  const result = await at.run("7")
  expect(result).toMatchObject({ outcome: "ok", scores: [16, 16], object: null, judge: "separate" })
})

it("an object that is no folder of what candidates leave is incorrect, and nothing runs", async () => {
  await using at = await scene(createUnsandboxed())
  const object = await addFile(at.store, new TextEncoder().encode("no folder"))
  const result = await at.runner.evaluate({ task: at.task, code: at.task.baseline, replicates, object })
  expect(result).toMatchObject({ outcome: "incorrect", seconds: 0, judge: "separate" })
})

it("an object is refused where the task is not replayed by artifacts", async () => {
  await using at = await scene(createUnsandboxed(), {})
  const object = await addFolder(at.store, new Map([["0/a", new Uint8Array(1)]]))
  const job = { task: at.task, code: at.task.baseline, replicates: [{ number: 0, seed: 7 }], object }
  await expect(at.runner.evaluate(job)).rejects.toMatchObject({ code: "no_object" })
})
