import type { SporeClient } from "../client/client.ts"
import {
  packGraph,
  type Experiment,
  type Frontier,
  type Graph,
  type Improvement,
  type Improvements,
  type Progress,
  STATUSES,
  type TaskFact,
  VERDICTS,
} from "../dto/index.ts"
import { all } from "./all-pages.ts"
import { type WriteJson, writeChunks } from "./chunks.ts"
import { type CopyClass, type CopyColumns, type CopyTask, copyPaths } from "./format.ts"
import type { TaskPlan } from "./plan.ts"

/** Writes what the page of a task shows, lists included. */
export async function writeTask(client: SporeClient, write: WriteJson, place: number, plan: TaskPlan): Promise<void> {
  const { id } = plan.task
  const classes = plan.detail.standings.map((standing) => standing.class)
  const facts: TaskFact[] = []
  for await (const fact of all((page) => client.taskFacts(id, page))) {
    if (fact.experiment !== null && plan.positions.has(fact.experiment)) facts.push(fact)
  }
  const nodes = []
  for await (const node of all((page) => client.taskNodes(id, page))) nodes.push({ ...node, connected: false })
  const file: CopyTask = {
    detail: plan.detail,
    facts: facts.length,
    nodes,
    classes,
    columns: await columnsOf(client, plan, classes),
  }
  await write(copyPaths.task(place), file)
  await writeChunks(write, plan.rows, (chunk) => copyPaths.rows(place, chunk))
  await writeChunks(write, facts, (chunk) => copyPaths.facts(place, chunk))
  for (const [i, name] of classes.entries()) {
    const query = { class: name }
    const progress = progressWithin(plan, await client.progress(id, query))
    const ofClass: CopyClass = {
      progress,
      frontier: frontierWithin(plan, await client.frontier(id, query)),
      improvements: {
        all: improvementsWithin(plan, await client.improvements(id, query)),
        verified: improvementsWithin(plan, await client.improvements(id, { ...query, verified: true })),
        unverified: improvementsWithin(plan, await client.improvements(id, { ...query, verified: false })),
      },
    }
    await write(copyPaths.class(place, i), ofClass)
    await write(copyPaths.graph(place, i), packGraph(graphWithin(plan, await client.graph(id, query))))
  }
}

async function columnsOf(client: SporeClient, plan: TaskPlan, classes: readonly string[]): Promise<CopyColumns> {
  const { rows, positions, task } = plan
  const nodes = [...new Set(rows.map(({ node }) => node))]
  const best: number[] = []
  for await (const { id } of all((page) => client.experiments({ ...page, task: task.id, sort: "best" }))) {
    const position = positions.get(id)
    if (position !== undefined) best.push(position)
  }
  const column = (value: (row: Experiment) => number): number[] => rows.map(value)
  return {
    nodes,
    seq: column(({ seq }) => seq),
    parent: column(({ parent }) => (parent === null ? -1 : (positions.get(parent) ?? -1))),
    class: column((row) => classes.indexOf(row.class)),
    node: column(({ node }) => nodes.indexOf(node)),
    status: column(({ status }) => STATUSES.indexOf(status)),
    verdict: column(({ verdict }) => VERDICTS.indexOf(verdict)),
    flags: column(({ candidate, frontier }) => (candidate ? 1 : 0) | (frontier ? 2 : 0)),
    value: rows.map(({ value }) => value),
    best,
  }
}

function progressWithin({ seqs }: TaskPlan, progress: Progress): Progress {
  return { ...progress, steps: progress.steps.filter(({ seq }) => seqs.has(seq)) }
}

function frontierWithin({ positions }: TaskPlan, frontier: Frontier): Frontier {
  const isHere = ({ id }: Experiment): boolean => positions.has(id)
  return {
    ...frontier,
    frontier: frontier.frontier.filter(isHere),
    candidates: frontier.candidates.filter(isHere),
  }
}

function improvementsWithin({ positions }: TaskPlan, { items }: Improvements): Improvement[] {
  return items.filter(({ experiment, over }) => positions.has(experiment.id) && positions.has(over.id))
}

function graphWithin({ seqs }: TaskPlan, graph: Graph): Graph {
  const { columns } = graph
  const kept = columns.seq.flatMap((seq, i) => (seqs.has(seq) ? [i] : []))
  if (kept.length === columns.seq.length) return graph
  const pick = <T>(column: readonly T[]): T[] => kept.flatMap((i) => column.slice(i, i + 1))
  return {
    ...graph,
    columns: {
      seq: pick(columns.seq),
      parent: pick(columns.parent).map((seq) => (seqs.has(seq) ? seq : 0)),
      value: pick(columns.value),
      status: pick(columns.status),
      verdict: pick(columns.verdict),
      reproduced_by: pick(columns.reproduced_by),
      voters: pick(columns.voters),
      error: pick(columns.error),
      flags: pick(columns.flags),
      created: pick(columns.created),
      node: pick(columns.node),
    },
    steps: graph.steps.filter(({ seq }) => seqs.has(seq)),
  }
}
