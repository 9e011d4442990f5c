import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import type { TaskBody } from "@spore/records"
import { type ArtifactStore, createMemoryArtifactStore } from "@spore/records/artifacts"
import { makeTask, testIdentity } from "@spore/testkit"
import { type FrameKind, frameHeader } from "../src/candidates/protocol.ts"
import { packTask, type PackedTask, type TaskPackage } from "../src/index.ts"

/** A task package: find x with the least (x − 3)². The candidate prints x; the evaluator passes on what it says. */
export const taskPackage: TaskPackage = {
  format: 1,
  name: "parabola",
  description: "Find the least value.",
  type: "optimization",
  artifact: "javascript",
  candidate: { editable: ["candidate.mjs"], entry: "candidate.mjs", language: "javascript" },
  evaluator: { kind: "native", judge: "shared", cmd: ["node", "lib/evaluate.mjs"] },
  metric: { name: "loss", goal: "minimize", unit: "", min: 0, max: 1000, minEffect: 0.001 },
  replay: { mode: "exact", absTol: 0, relTol: 0, replicates: 1, maxNoise: 0, seeds: [7] },
  budget: { type: "steps", value: 10, killSeconds: 60 },
  classKeys: [],
  requires: {},
  memoryMb: 512,
  network: "none",
}

const EVALUATE = `
import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { parseArgs } from "node:util"

const { program_path: program, results_dir: results } = parseArgs({
  options: { program_path: { type: "string" }, results_dir: { type: "string" } },
}).values
const run = spawnSync(process.execPath, [program, results], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] })
if (run.status !== 0) process.exit(run.status ?? 1)
console.log("step 00005 (50.0%) | loss: 4.5 | remaining: 3s")
const { x, error, leave } = JSON.parse(run.stdout)
const target = Number(readFileSync("target.txt", "utf8"))
const seed = Number(process.env.SPORE_SEED)
if (leave !== "nothing") {
  writeFileSync(results + "/metrics.json", JSON.stringify({
    combined_score: leave === "text" ? "9" : x === null ? NaN : (x - target) ** 2,
    public: { x, seed, replicate: Number(process.env.SPORE_REPLICATE), budget: Number(process.env.SPORE_BUDGET_S), note: "text" },
    private: { hidden: 1 },
    text_feedback: "x was " + x + " in stage " + process.env.SPORE_STAGE,
  }))
  writeFileSync(results + "/correct.json", JSON.stringify({ correct: error === undefined, error: error ?? null }))
}
`

export const GOOD = `console.log(JSON.stringify({ x: 5 }))`

/** Writes a package into a folder. */
export async function writePackage(
  folder: string,
  overrides: Partial<TaskPackage> = {},
  files: Record<string, string> = {},
): Promise<void> {
  const all: Record<string, string> = {
    "spore.task.json": JSON.stringify({ ...taskPackage, ...overrides }),
    "lib/evaluate.mjs": EVALUATE,
    "target.txt": "3",
    "candidate.mjs": GOOD,
    ...files,
  }
  for (const [path, content] of Object.entries(all)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
}

/** A packed package, and the signed task that goes with it. */
export async function packed(
  folder: string,
  overrides: Partial<TaskPackage> = {},
  files: Record<string, string> = {},
): Promise<{ store: ArtifactStore; packed: PackedTask; task: TaskBody }> {
  await writePackage(folder, overrides, files)
  const store = createMemoryArtifactStore()
  const result = await packTask(store, folder)
  const { metric, replay, budget } = result.package
  const task = makeTask(testIdentity(1), { metric, replay, budget, bundle: result.bundle, baseline: result.baseline })
  return { store, packed: result, task: task.body }
}

/** What goes over the wire between an evaluator and the host. */
export function frame(kind: FrameKind, payload: Uint8Array): Buffer {
  return Buffer.concat([frameHeader(kind, payload.length), payload])
}
