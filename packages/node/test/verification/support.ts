import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { AnyRecord, CID, Identity, SporeRecord, TaskBody } from "@spore/records"
import { addFile } from "@spore/records/artifacts"
import { createUnsandboxed, packTask, type SandboxProbe } from "@spore/runner"
import { makeTask, type TaskOverrides, testIdentity } from "@spore/testkit"
import { createSporeNode, type SporeNode, type SporeNodeInit } from "../../src/index.ts"

export const me: Identity = testIdentity(1)
export const author: Identity = testIdentity(2)
export const bob: Identity = testIdentity(3)
export const carol: Identity = testIdentity(4)

/** Plain processes that pass for isolated: the code is this test's own, and no wall is under test. */
export const probe = async (): Promise<SandboxProbe> => ({
  sandbox: { ...createUnsandboxed(), isolated: true },
  findings: [],
})

export const PACKAGE: Pick<TaskBody, "metric" | "replay" | "budget"> & Record<string, unknown> = {
  format: 1,
  name: "parabola",
  description: "Find the least value.",
  type: "optimization",
  artifact: "javascript",
  candidate: { editable: ["candidate.mjs"], entry: "candidate.mjs", language: "javascript" },
  evaluator: { kind: "native", cmd: ["node", "evaluate.mjs"] },
  metric: { name: "loss", goal: "minimize", unit: "", min: 0, max: 1000, minEffect: 0.001 },
  replay: { mode: "exact", absTol: 0, relTol: 0, replicates: 1, maxNoise: 0, seeds: [7] },
  budget: { type: "steps", value: 1, killSeconds: 60 },
  classKeys: [],
  requires: {},
  memoryMb: 256,
  network: "none",
}

/** The score is (x - 3)², with x what the candidate prints. */
const EVALUATE = `
import { execFileSync } from "node:child_process"
import { writeFileSync } from "node:fs"
const [, program, , results] = process.argv.slice(2)
const x = Number(execFileSync(process.execPath, [program], { encoding: "utf8" }))
writeFileSync(results + "/metrics.json", JSON.stringify({ combined_score: (x - 3) ** 2, public: {} }))
writeFileSync(results + "/correct.json", JSON.stringify({ correct: true, error: null }))
`

/** The terms of a training task: noisy, over wall time, so that each key is compared with its own baseline. */
export const TRAINING = {
  replay: { mode: "noisy", replicates: 2, maxNoise: 1, seeds: [] },
  budget: { type: "wall", value: 1, killSeconds: 60 },
} as const satisfies TaskOverrides

/** What a candidate is that prints `x`. */
export const printing = (x: number): string => `console.log(${x})`

/** A verify-only node without peers in a folder, with plain processes as its sandbox. */
export function createTestNode(folder: string, init: Partial<SporeNodeInit> = {}): Promise<SporeNode> {
  return createSporeNode({
    dataDir: join(folder, "node"),
    identity: me,
    mode: "verify",
    listen: ["/ip4/127.0.0.1/tcp/0"],
    probe,
    ...init,
  })
}

/** Puts the files of a task into a node, with a baseline that prints 5; gives its manifest. */
export async function addTask(
  node: Pick<SporeNode, "artifacts">,
  folder: string,
  overrides: TaskOverrides = {},
  baseline: string = printing(5),
): Promise<SporeRecord<"task">> {
  const source = join(folder, "task")
  await mkdir(source, { recursive: true })
  const { replay, budget, ...rest } = overrides
  const terms = { replay: { ...PACKAGE.replay, ...replay }, budget: { ...PACKAGE.budget, ...budget } }
  await writeFile(join(source, "spore.task.json"), JSON.stringify({ ...PACKAGE, ...terms }))
  await writeFile(join(source, "evaluate.mjs"), EVALUATE)
  await writeFile(join(source, "candidate.mjs"), baseline)
  const packed = await packTask(node.artifacts, source)
  const links = { bundle: packed.bundle, baseline: packed.baseline }
  return makeTask(author, { metric: PACKAGE.metric, ...terms, classKeys: [], ...links, ...rest })
}

/** Puts a candidate into a node. */
export function addCode(node: Pick<SporeNode, "artifacts">, code: string): Promise<CID> {
  return addFile(node.artifacts, new TextEncoder().encode(code))
}

/** Stores what must all be stored. */
export async function add(node: Pick<SporeNode, "store">, ...records: readonly AnyRecord[]): Promise<void> {
  for (const { status, reason } of await node.store.ingest(records)) {
    if (status !== "stored") throw new Error(`${status}: ${reason}`)
  }
}
