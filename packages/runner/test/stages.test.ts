import { join } from "node:path"
import { silentLogger } from "@spore/records"
import { makeEnv, temporaryFolder } from "@spore/testkit"
import { expect, it } from "vitest"
import { createRunner, createUnsandboxed, type EvaluationResult, type Stage, type TaskPackage } from "../src/index.ts"
import { packed } from "./fixture.ts"

/** Scores 8 in the stage `quick`, else 4, and prints which stage it is. */
const EVALUATE = `
import { writeFileSync } from "node:fs"
const results = process.argv.at(-1)
const { SPORE_STAGE: stage, SPORE_BUDGET_STEPS: steps, SPORE_BUDGET_FLOPS: flops, SPORE_RESOURCE: resource } = process.env
console.log("stage " + stage)
if (stage.startsWith("nap")) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500)
if (stage === "slow") setInterval(() => {}, 1000)
else {
  const score = stage === "quick" ? 8 : 4
  const spent = { num_steps: 10, num_flops: 1000 }
  writeFileSync(results + "/metrics.json", JSON.stringify({ combined_score: score, public: { ...spent, steps: Number(steps), flops: Number(flops), resource: Number(resource) } }))
  writeFileSync(results + "/correct.json", '{"correct": true}')
}
`
const native = (stages?: Stage[]): TaskPackage["evaluator"] => ({
  kind: "native",
  judge: "shared",
  cmd: ["node", "staged.mjs"],
  stages,
})
const quick = (minScore: number | null): Stage => ({ name: "quick", minScore, timeoutS: 30 })
const full: Stage = { name: "full", minScore: null, timeoutS: 30 }

async function evaluate(overrides: Partial<TaskPackage>): Promise<EvaluationResult> {
  await using folder = await temporaryFolder()
  const { store, task } = await packed(join(folder.path, "package"), overrides, { "staged.mjs": EVALUATE })
  const init = { artifacts: store, workDir: join(folder.path, "jobs"), env: makeEnv(), log: silentLogger }
  const runner = createRunner({ ...init, sandbox: createUnsandboxed() })
  return await runner.evaluate({ task, code: task.baseline, replicates: [{ number: 0, seed: 7 }] })
}

it("runs the stages in order, and the last one's score is the result", async () => {
  const result = await evaluate({ evaluator: native([quick(9), full]) })
  expect(result).toMatchObject({ outcome: "ok", scores: [4], log: "stage quick\n\nstage full\n" })
})

it.each([
  ["minimize", 7, "does not reach 7"],
  ["maximize", 9, "does not reach 9"],
] as const)("ends where a stage is not passed, to %s", async (goal, least, why) => {
  const metric = { name: "loss", goal, unit: "", min: null, max: null, minEffect: 0 }
  const result = await evaluate({ metric, evaluator: native([quick(least), full]) })
  expect(result).toMatchObject({ outcome: "incorrect", scores: [], log: "stage quick\n" })
  expect(result.detail).toBe(`ended after stage quick: its score 8 ${why}`)
})

it("holds each stage to its own time", async () => {
  const slow: Stage = { name: "slow", minScore: null, timeoutS: 1 }
  expect(await evaluate({ evaluator: native([quick(null), slow, full]) })).toMatchObject({
    outcome: "timeout",
    detail: "not finished after 1 s",
  })
})

it("holds all stages together to the time after which a replicate is stopped", async () => {
  const naps = ["nap-1", "nap-2"].map((name): Stage => ({ name, minScore: null, timeoutS: 30 }))
  const result = await evaluate({ budget: { type: "steps", value: 10, killSeconds: 2 }, evaluator: native(naps) })
  expect(result).toMatchObject({ outcome: "timeout", scores: [] })
})

it.each([
  ["steps", 10, "ok", ""],
  ["steps", 9, "incorrect", "10 steps where 9 are allowed"],
  ["flops", 999, "incorrect", "1000 flops where 999 are allowed"],
  ["wall", 1, "ok", ""],
] as const)(
  "tells the evaluator its budget of %s (%d) and holds it to that: %s",
  async (type, value, outcome, detail) => {
    const result = await evaluate({ budget: { type, value, killSeconds: 60 }, evaluator: native() })
    expect(result).toMatchObject({ outcome, detail })
    const told = outcome === "ok" && type !== "wall" ? { [type]: value, resource: 100 } : {}
    expect(result.metrics).toMatchObject(told)
  },
)
