/**
 * Writes a static, read-only copy of what an API answers, for any web server of files.
 *
 * @packageDocumentation
 */
import { writeEvidence } from "./evidence.ts"
import { writeExperiments } from "./experiments.ts"
import { COPY_FORMAT, type CopyManifest, type CopyOverview, copyPaths } from "./format.ts"
import { writeNodes } from "./nodes.ts"
import type { CopyInit, CopyPlan } from "./plan.ts"
import { shardsOf } from "./shards.ts"
import { writeTask } from "./tasks.ts"

/** Writes what `plan` says; equal facts, stored in the same order, give equal bytes. */
export async function writeCopy(init: CopyInit, plan: CopyPlan): Promise<CopyManifest> {
  const { client } = init
  const write = (path: string, value: unknown): Promise<void> => init.sink.write(path, `${JSON.stringify(value)}\n`)
  const status = await client.status()
  const shards = shardsOf(plan.tasks.flatMap(({ rows }) => rows.map(({ id }) => id)))
  const date = plan.tasks.reduce((newest, { task }) => Math.max(newest, task.last_activity ?? 0), 0)

  for (const [i, task] of plan.tasks.entries()) await writeTask(client, write, i, task)
  const evidence = await writeEvidence(client, write, plan)
  await writeExperiments({ ...init, write }, plan, shards, evidence)
  const nodes = await writeNodes(client, write, plan)

  const overview: CopyOverview = {
    status: {
      ...status,
      mode: "explorer",
      started_at: date,
      addresses: [],
      peers: [],
      task: null,
      activities: [],
      research: null,
      notices: [COPIED],
      update: null,
    },
    stats: {
      tasks: plan.tasks.length,
      experiments: sum(plan.tasks.map(({ task }) => task.experiments)),
      kept: sum(plan.tasks.map(({ task }) => task.kept)),
      verifications: sum(nodes.map(({ verifications }) => verifications)),
      nodes: nodes.length,
      seq: status.seq,
    },
    tasks: plan.tasks.map(({ task }) => task),
  }
  await write(copyPaths.overview, overview)
  const manifest: CopyManifest = {
    format: COPY_FORMAT,
    date,
    node: status.node,
    name: status.name,
    version: status.version,
    tasks: plan.tasks.map(({ task, rows }) => ({
      id: task.id,
      name: task.name,
      experiments: task.experiments,
      copied: rows.length,
    })),
    shards,
    code: init.code ?? true,
    logs: init.logs ?? true,
    reruns: evidence.reruns,
    controls: evidence.controls,
    nodes: nodes.length,
  }
  // Last, so that a copy that was cut off is none.
  await write(copyPaths.manifest, manifest)
  return manifest
}

const COPIED = {
  code: "copy",
  message: "This is a copy: it shows what a node held when it was made, and nothing is added to it.",
  next: null,
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
