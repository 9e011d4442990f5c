import type { ExperimentFilter, ExperimentRow, Store, TaskRow } from "@spore/dag"
import {
  FLAG_CANDIDATE,
  FLAG_FRONTIER,
  FLAG_PROMOTED,
  type Graph,
  type Progress,
  type ProgressStep,
  type Status,
  STATUSES,
  type Verdict,
  VERDICTS,
} from "./dto/index.ts"
import { runningBest } from "./running-best.ts"

/** Graphs kept at a time; each costs about 300 bytes per experiment. */
const MAX_GRAPHS = 16
/** Steps with titles that a graph carries. */
const MAX_STEPS = 100
const PAGE = 500

interface Point {
  readonly seq: number
  readonly parent: number
  readonly value: number | null
  readonly status: Status
  readonly verdict: Verdict
  readonly reproducedBy: number
  readonly voters: number
  readonly error: number | null
  readonly flags: number
  readonly created: number
  readonly node: string
  /** The newest sequence number when it changed last. */
  readonly changed: number
}

interface Snapshot {
  readonly seq: number
  /** What changed since an earlier number than this is not known apart from the whole. */
  readonly floor: number
  /** By sequence number, ascending. */
  readonly points: readonly Point[]
  readonly steps: readonly ProgressStep[]
}

/** Graphs of tasks by class, of which only what changed is read again. */
export interface GraphCache {
  graph(task: TaskRow, hardwareClass: string, since: number): Promise<Graph>
  progress(task: TaskRow, hardwareClass: string): Promise<Progress>
}

export function createGraphCache(store: Store): GraphCache {
  const snapshots = new Map<string, Snapshot>()
  const reading = new Map<string, Promise<Snapshot>>()

  async function current(task: TaskRow, hardwareClass: string): Promise<Snapshot> {
    const key = `${task.id} ${hardwareClass}`
    const running = reading.get(key)
    if (running !== undefined) return running
    const promise = refresh(key, task, hardwareClass).finally(() => reading.delete(key))
    reading.set(key, promise)
    return promise
  }

  async function refresh(key: string, task: TaskRow, hardwareClass: string): Promise<Snapshot> {
    const held = snapshots.get(key)
    const snapshot =
      (held === undefined ? undefined : await readChanges(store, task, hardwareClass, held)) ??
      (await readWhole(store, task, hardwareClass, held === undefined ? 0 : held.seq + 1))
    // Re-inserted, so that the map's order is that of use.
    snapshots.delete(key)
    snapshots.set(key, snapshot)
    const oldest = snapshots.keys().next()
    if (snapshots.size > MAX_GRAPHS && oldest.done !== true) snapshots.delete(oldest.value)
    return snapshot
  }

  return {
    graph: async (task, hardwareClass, since) => {
      const snapshot = await current(task, hardwareClass)
      // A `since` from before the database was replaced means nothing here.
      const from = since > snapshot.seq || since < snapshot.floor ? 0 : since
      return { task: task.id, class: hardwareClass, seq: snapshot.seq, since: from, ...columnsOf(snapshot, from) }
    },
    progress: async (task, hardwareClass) => {
      const { points, steps } = await current(task, hardwareClass)
      return { task: task.id, class: hardwareClass, experiments: points.length, steps: [...steps] }
    },
  }
}

/** All of a class. `floor`: see Snapshot. */
async function readWhole(store: Store, task: TaskRow, hardwareClass: string, floor: number): Promise<Snapshot> {
  const seq = await store.lastSeq()
  const seqOf = new Map<string, number>()
  const points: Point[] = []
  for await (const row of readAll(store, { task: task.id, class: hardwareClass, sort: "oldest" })) {
    seqOf.set(row.id, row.seq)
    points.push(pointOf(row, row.parent === null ? 0 : (seqOf.get(row.parent) ?? 0)))
  }
  return { seq, floor: Math.max(floor, seq), points, steps: await stepsOf(store, task, points, []) }
}

/**
 * A snapshot with what changed since; undefined where that is not all that happened. An operator's block and an orphan
 * whose parent arrived take experiments out of a class, or change them without a new fact.
 */
async function readChanges(
  store: Store,
  task: TaskRow,
  hardwareClass: string,
  held: Snapshot,
): Promise<Snapshot | undefined> {
  const seq = await store.lastSeq()
  const bySeq = new Map(held.points.map((point) => [point.seq, point]))
  const changed = { task: task.id, class: hardwareClass, changedAfter: held.seq - 1, sort: "changed" } as const
  const rows: ExperimentRow[] = []
  for await (const row of readAll(store, changed)) {
    const before = bySeq.get(row.seq)
    if (before === undefined || !isSame(before, pointOf(row, before.parent))) {
      if (row.changed <= held.seq) return undefined
      rows.push(row)
    }
  }
  const parents = await seqsOf(store, rows, bySeq)
  for (const row of rows) bySeq.set(row.seq, pointOf(row, parents.get(row.seq) ?? 0))
  if (bySeq.size > countOf(task, hardwareClass)) {
    // Counted before what is counted against: ask once more.
    const now = await store.task(task.id)
    if (now === undefined || bySeq.size > countOf(now, hardwareClass)) return undefined
  }
  if (rows.length === 0) return { ...held, seq }
  const points = [...bySeq.values()].toSorted((a, b) => a.seq - b.seq)
  return { seq, floor: held.floor, points, steps: await stepsOf(store, task, points, held.steps) }
}

function countOf(task: TaskRow, hardwareClass: string): number {
  return task.standings.find((standing) => standing.class === hardwareClass)?.experiments ?? 0
}

async function* readAll(store: Store, filter: ExperimentFilter): AsyncGenerator<ExperimentRow> {
  let cursor: string | null = null
  do {
    const page: { items: readonly ExperimentRow[]; nextCursor: string | null } = await store.experiments(
      filter,
      cursor === null ? { limit: PAGE } : { limit: PAGE, cursor },
    )
    yield* page.items
    cursor = page.nextCursor
  } while (cursor !== null)
}

/** The parents' sequence numbers by those of `rows`, as far as they are in the class. */
async function seqsOf(
  store: Store,
  rows: readonly ExperimentRow[],
  known: ReadonlyMap<number, Point>,
): Promise<Map<number, number>> {
  const seqOf = new Map(rows.map((row) => [row.id, row.seq]))
  const added = new Set(seqOf.values())
  const parents = new Map<number, number>()
  for (const { seq, parent } of rows) {
    const before = known.get(seq)
    if (before !== undefined) parents.set(seq, before.parent)
    else if (parent !== null) {
      const at = seqOf.get(parent) ?? (await store.experiment(parent))?.seq ?? 0
      seqOf.set(parent, at)
      parents.set(seq, known.has(at) || added.has(at) ? at : 0)
    }
  }
  return parents
}

function pointOf(row: ExperimentRow, parent: number): Point {
  return {
    seq: row.seq,
    parent,
    value: row.value,
    status: row.status,
    verdict: row.verdict,
    reproducedBy: row.reproducedBy,
    voters: row.voters,
    error: row.error,
    flags:
      (row.candidate ? FLAG_CANDIDATE : 0) | (row.frontier ? FLAG_FRONTIER : 0) | (row.promoted ? FLAG_PROMOTED : 0),
    created: row.created,
    node: row.author,
    changed: row.changed,
  }
}

/** Whether two points look the same to who sees the graph. */
function isSame(a: Point, b: Point): boolean {
  return (
    a.value === b.value &&
    a.status === b.status &&
    a.verdict === b.verdict &&
    a.reproducedBy === b.reproducedBy &&
    a.voters === b.voters &&
    a.error === b.error &&
    a.flags === b.flags
  )
}

/** The steps of the running best, with titles from `before` or the store. */
async function stepsOf(
  store: Store,
  task: TaskRow,
  points: readonly Point[],
  before: readonly ProgressStep[],
): Promise<ProgressStep[]> {
  const titles = new Map(before.map(({ seq, title }) => [seq, title]))
  const indices = runningBest(points, task.terms.metric.goal)
  const untitled = indices.flatMap((i) => points[i]?.seq ?? []).filter((seq) => !titles.has(seq))
  for (let at = 0; at < untitled.length; at += PAGE) {
    for (const row of await store.experimentsBySeq(untitled.slice(at, at + PAGE))) titles.set(row.seq, row.title)
  }
  return indices.flatMap((i): ProgressStep[] => {
    const point = points[i]
    if (point === undefined || point.value === null) return []
    const { seq, value, created } = point
    return [{ seq, number: i + 1, value, created, title: titles.get(seq) ?? "" }]
  })
}

function columnsOf(
  { points, steps }: Snapshot,
  since: number,
): Pick<Graph, "statuses" | "verdicts" | "nodes" | "columns" | "steps"> {
  const nodes = new Map<string, number>()
  const columns: Graph["columns"] = {
    seq: [],
    parent: [],
    value: [],
    status: [],
    verdict: [],
    reproduced_by: [],
    voters: [],
    error: [],
    flags: [],
    created: [],
    node: [],
  }
  for (const point of points) {
    if (since > 0 && point.changed <= since) continue
    if (!nodes.has(point.node)) nodes.set(point.node, nodes.size)
    columns.seq.push(point.seq)
    columns.parent.push(point.parent)
    columns.value.push(point.value)
    columns.status.push(STATUSES.indexOf(point.status))
    columns.verdict.push(VERDICTS.indexOf(point.verdict))
    columns.reproduced_by.push(point.reproducedBy)
    columns.voters.push(point.voters)
    columns.error.push(point.error)
    columns.flags.push(point.flags)
    columns.created.push(point.created)
    columns.node.push(nodes.get(point.node) ?? 0)
  }
  return {
    statuses: [...STATUSES],
    verdicts: [...VERDICTS],
    nodes: [...nodes.keys()],
    columns,
    steps: largestSteps(steps),
  }
}

/** The first step and those that gained most. */
function largestSteps(steps: readonly ProgressStep[]): ProgressStep[] {
  if (steps.length <= MAX_STEPS) return [...steps]
  const gains = steps.map((step, i) => ({ step, gain: Math.abs(step.value - (steps[i - 1]?.value ?? Infinity)) }))
  return gains
    .toSorted((a, b) => b.gain - a.gain)
    .slice(0, MAX_STEPS)
    .map(({ step }) => step)
    .toSorted((a, b) => a.seq - b.seq)
}
