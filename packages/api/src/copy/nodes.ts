import type { SporeClient } from "../client/client.ts"
import type { NodeDetail } from "../dto/index.ts"
import { all } from "./all-pages.ts"
import { type WriteJson, writeChunks } from "./chunks.ts"
import { type CopyResidual, copyPaths } from "./format.ts"
import type { CopyPlan } from "./plan.ts"

/** Writes who contributed to the tasks of a copy, and how the reruns of each stand to the claims; gives the former. */
export async function writeNodes(client: SporeClient, write: WriteJson, plan: CopyPlan): Promise<NodeDetail[]> {
  const nodes: NodeDetail[] = []
  for (const [id, lastActivity] of await contributors(client, plan)) {
    const detail = await client.node(id)
    const tasks = detail.tasks.filter((work) => plan.tasks.some(({ task }) => task.id === work.id))
    nodes.push({
      ...detail,
      experiments: sum(tasks.map(({ experiments }) => experiments)),
      kept: sum(tasks.map(({ kept }) => kept)),
      verifications: sum(tasks.map(({ verifications }) => verifications)),
      last_activity: lastActivity,
      connected: false,
      address: null,
      connected_at: null,
      tasks,
    })
  }
  nodes.sort(byWork)
  await writeChunks(write, nodes, copyPaths.nodes)
  for (const [i, { id, verifications }] of nodes.entries()) {
    if (verifications > 0) await write(copyPaths.residuals(i), await residualsOf(client, plan, id))
  }
  return nodes
}

/** Node ids, with the time of the newest fact that each has in these tasks. */
async function contributors(client: SporeClient, plan: CopyPlan): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (const { task } of plan.tasks) {
    for await (const node of all((page) => client.taskNodes(task.id, page))) {
      found.set(node.id, Math.max(found.get(node.id) ?? 0, node.last_activity ?? 0))
    }
  }
  return found
}

async function residualsOf(client: SporeClient, plan: CopyPlan, id: string): Promise<CopyResidual[]> {
  const places = new Map(plan.tasks.map(({ task }, i) => [task.id, i]))
  const residuals: CopyResidual[] = []
  for await (const { experiment, ...residual } of all((page) => client.residuals(id, page))) {
    const task = places.get(experiment.task)
    const position = task === undefined ? undefined : plan.tasks[task]?.positions.get(experiment.id)
    if (task !== undefined && position !== undefined) residuals.push({ task, position, residual: { ...residual } })
  }
  return residuals
}

function byWork(a: NodeDetail, b: NodeDetail): number {
  const work = b.experiments + b.verifications - (a.experiments + a.verifications)
  return work === 0 ? (a.id < b.id ? -1 : 1) : work
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
