import type { ExperimentRow, Store } from "@spore/dag"
import {
  FLAG_CANDIDATE,
  FLAG_FRONTIER,
  type Graph,
  type Metric,
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
  readonly flags: number
  readonly created: number
  readonly node: string
  /** The newest sequence number at the reading that first saw the point as it is. */
  readonly changed: number
}

interface Snapshot {
  readonly seq: number
  /** By sequence number, ascending. */
  readonly points: readonly Point[]
  readonly steps: readonly ProgressStep[]
}

/** Graphs of tasks by class, read again only when a fact of their task has come. */
export interface GraphCache {
  graph(task: string, hardwareClass: string, goal: Metric["goal"], since: number): Promise<Graph>
  progress(task: string, hardwareClass: string, goal: Metric["goal"]): Promise<Progress>
}

/** What derived state changes is known only by reading the class anew, so a delta is what differs between readings. */
export function createGraphCache(store: Store): GraphCache {
  const snapshots = new Map<string, Snapshot>()
  const reading = new Map<string, Promise<Snapshot>>()

  async function current(task: string, hardwareClass: string, goal: Metric["goal"]): Promise<Snapshot> {
    const key = `${task} ${hardwareClass}`
    const running = reading.get(key)
    if (running !== undefined) return running
    const promise = refresh(key, task, hardwareClass, goal).finally(() => reading.delete(key))
    reading.set(key, promise)
    return promise
  }

  async function refresh(key: string, task: string, hardwareClass: string, goal: Metric["goal"]): Promise<Snapshot> {
    const held = snapshots.get(key)
    const seq = await store.lastSeq()
    const snapshot =
      held !== undefined && (await isUntouched(store, task, held.seq, seq))
        ? { ...held, seq }
        : await readSnapshot(store, task, hardwareClass, goal, seq, held)
    // Re-inserted, so that the map's order is that of use.
    snapshots.delete(key)
    snapshots.set(key, snapshot)
    const oldest = snapshots.keys().next()
    if (snapshots.size > MAX_GRAPHS && oldest.done !== true) snapshots.delete(oldest.value)
    return snapshot
  }

  return {
    graph: async (task, hardwareClass, goal, since) => {
      const snapshot = await current(task, hardwareClass, goal)
      // A `since` from before the database was replaced means nothing here.
      const from = since > snapshot.seq ? 0 : since
      return { task, class: hardwareClass, seq: snapshot.seq, since: from, ...columnsOf(snapshot, from) }
    },
    progress: async (task, hardwareClass, goal) => {
      const { points, steps } = await current(task, hardwareClass, goal)
      return { task, class: hardwareClass, experiments: points.length, steps: [...steps] }
    },
  }
}

/** Whether no fact of `task` came after `from`: derived state depends on the facts of its own task alone. */
async function isUntouched(store: Store, task: string, from: number, to: number): Promise<boolean> {
  if (from === to) return true
  const changes = await store.changes(from, PAGE)
  return changes.length < PAGE && changes.every((change) => change.task !== task)
}

async function readSnapshot(
  store: Store,
  task: string,
  hardwareClass: string,
  goal: Metric["goal"],
  seq: number,
  held: Snapshot | undefined,
): Promise<Snapshot> {
  const before = new Map((held?.points ?? []).map((point) => [point.seq, point]))
  const seqOf = new Map<string, number>()
  const titles = new Map<number, string>()
  const points: Point[] = []
  let cursor: string | null = null
  do {
    const page: { items: readonly ExperimentRow[]; nextCursor: string | null } = await store.experiments(
      { task, class: hardwareClass, sort: "oldest" },
      cursor === null ? { limit: PAGE } : { limit: PAGE, cursor },
    )
    for (const row of page.items) {
      seqOf.set(row.id, row.seq)
      if (row.status === "keep") titles.set(row.seq, row.title)
      points.push(pointOf(row, seqOf, seq, before.get(row.seq)))
    }
    cursor = page.nextCursor
  } while (cursor !== null)
  const steps = runningBest(points, goal).flatMap((i): ProgressStep[] => {
    const point = points[i]
    if (point === undefined || point.value === null) return []
    const { value, created } = point
    return [{ seq: point.seq, number: i + 1, value, created, title: titles.get(point.seq) ?? "" }]
  })
  return { seq, points, steps }
}

function pointOf(row: ExperimentRow, seqOf: ReadonlyMap<string, number>, seq: number, before?: Point): Point {
  const point = {
    seq: row.seq,
    parent: row.parent === null ? 0 : (seqOf.get(row.parent) ?? 0),
    value: row.value,
    status: row.status,
    verdict: row.verdict,
    flags: (row.candidate ? FLAG_CANDIDATE : 0) | (row.frontier ? FLAG_FRONTIER : 0),
    created: row.created,
    node: row.author,
  }
  const isSame =
    before !== undefined &&
    before.value === point.value &&
    before.status === point.status &&
    before.verdict === point.verdict &&
    before.flags === point.flags
  // A row first seen is as new as itself where only rows at the end were added, as new as the reading otherwise.
  return isSame ? before : { ...point, changed: Math.max(seq, row.seq) }
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
