import { randomUUID } from "node:crypto"
import type { GraphPoint, GraphVersion, StoreReader, TaskRow } from "@spore/dag"
import {
  FLAG_CANDIDATE,
  FLAG_FRONTIER,
  FLAG_PROMOTED,
  type Graph,
  packGraph,
  type Progress,
  STATUSES,
  VERDICTS,
} from "./dto/index.ts"
import { compress } from "./gzip.ts"
import { largestSteps, type RankedStep, readSteps, viewSteps } from "./graph-steps.ts"

/** Graphs kept at a time; each costs about 150 bytes per experiment. */
const MAX_GRAPHS = 16
/** A graph that nobody asked for so long is dropped; 100k experiments are read again within two seconds. */
const KEPT_MS = 10 * 60_000
/** Steps with titles that a graph carries. */
const MAX_STEPS = 100

interface Point extends GraphPoint {
  /** Sequence number of the parent; 0 where it is not of the class. */
  readonly parent: number
}

interface Snapshot {
  readonly version: GraphVersion
  /** Another for every other state of any graph. */
  readonly tag: string
  /** What changed since an earlier number than this is not known apart from the whole. */
  readonly floor: number
  /** By sequence number, ascending. */
  readonly points: readonly Point[]
  readonly steps: readonly RankedStep[]
}

/** A graph as it is now. */
export interface CurrentGraph {
  /** Equal tags are of equal graphs, for the same `since`. */
  readonly tag: string
  read(): Graph
  /** The whole as it travels, packed and compressed once for all who ask for it; null for what changed since. */
  readonly gzipped: (() => Promise<Uint8Array<ArrayBuffer>>) | null
}

/** Graphs of tasks by class, of which only what changed is read again. */
export interface GraphCache {
  graph(task: TaskRow, hardwareClass: string, since: number): Promise<CurrentGraph>
  progress(task: TaskRow, hardwareClass: string): Promise<Progress>
}

export function createGraphCache(store: StoreReader): GraphCache {
  const snapshots = new Map<string, { readonly snapshot: Snapshot; readonly expiry: NodeJS.Timeout }>()
  const reading = new Map<string, Promise<Snapshot>>()
  const compressed = new WeakMap<Snapshot, Promise<Uint8Array<ArrayBuffer>>>()

  async function current(task: TaskRow, hardwareClass: string): Promise<Snapshot> {
    const key = `${task.id} ${hardwareClass}`
    const running = reading.get(key)
    if (running !== undefined) return running
    const promise = refresh(key, task, hardwareClass).finally(() => reading.delete(key))
    reading.set(key, promise)
    return promise
  }

  async function refresh(key: string, task: TaskRow, hardwareClass: string): Promise<Snapshot> {
    const snapshot = await readSnapshot(store, task, hardwareClass, snapshots.get(key)?.snapshot)
    // Re-inserted, so that the map's order is that of use.
    drop(key)
    snapshots.set(key, { snapshot, expiry: setTimeout(() => drop(key), KEPT_MS).unref() })
    const oldest = snapshots.keys().next()
    if (snapshots.size > MAX_GRAPHS && oldest.done !== true) drop(oldest.value)
    return snapshot
  }

  function drop(key: string): void {
    clearTimeout(snapshots.get(key)?.expiry)
    snapshots.delete(key)
  }

  return {
    graph: async (task, hardwareClass, since) => {
      const snapshot = await current(task, hardwareClass)
      const { version, floor, tag, points, steps } = snapshot
      // A `since` from before the database was replaced means nothing here.
      const from = since > version.seq || since < floor ? 0 : since
      const name = { task: task.id, class: hardwareClass, seq: version.seq, since: from }
      const read = (): Graph => ({
        ...name,
        ...columnsOf(points, from),
        steps: viewSteps(largestSteps(steps, MAX_STEPS)),
      })

      function gzipped(): Promise<Uint8Array<ArrayBuffer>> {
        const known = compressed.get(snapshot)
        if (known !== undefined) return known
        const made = compress(JSON.stringify(packGraph(read())))
        compressed.set(snapshot, made)
        made.catch(() => compressed.delete(snapshot))
        return made
      }

      return { tag: `${tag}-${from}`, read, gzipped: from === 0 ? gzipped : null }
    },
    progress: async (task, hardwareClass) => {
      const { points, steps } = await current(task, hardwareClass)
      return { task: task.id, class: hardwareClass, experiments: points.length, steps: viewSteps(steps) }
    },
  }
}

async function readSnapshot(
  store: StoreReader,
  task: TaskRow,
  hardwareClass: string,
  held: Snapshot | undefined,
): Promise<Snapshot> {
  const version = await store.graphVersion(task.id, hardwareClass)
  if (held !== undefined) {
    const { seq, revision, experiments } = held.version
    if (version.seq === seq && version.revision === revision && version.experiments === experiments) return held
    const changed = await readChanges(store, task, hardwareClass, { ...held, version }, seq)
    if (changed !== undefined) return changed
  }
  return readWhole(store, task, hardwareClass, version, held === undefined ? 0 : held.version.seq + 1)
}

/** All of a class. `floor`: see Snapshot. */
async function readWhole(
  store: StoreReader,
  task: TaskRow,
  hardwareClass: string,
  version: GraphVersion,
  floor: number,
): Promise<Snapshot> {
  const known = new Set<number>()
  const points: Point[] = []
  for await (const chunk of store.graphPoints({ task: task.id, class: hardwareClass })) {
    for (const point of chunk) {
      known.add(point.seq)
      points.push({ ...point, parent: point.parent !== null && known.has(point.parent) ? point.parent : 0 })
    }
  }
  const steps = await readSteps(store, task, points, [])
  return { version, tag: randomUUID(), floor: Math.max(floor, version.seq), points, steps }
}

/**
 * A snapshot with what changed since; undefined where that is not all that happened. An operator's block and an orphan
 * whose parent arrived take experiments out of a class, or change them without a new fact.
 *
 * @param seq that of the points held
 */
async function readChanges(
  store: StoreReader,
  task: TaskRow,
  hardwareClass: string,
  held: Snapshot,
  seq: number,
): Promise<Snapshot | undefined> {
  const changed: GraphPoint[] = []
  for await (const chunk of store.graphPoints({ task: task.id, class: hardwareClass, changedAfter: seq - 1 })) {
    for (const point of chunk) {
      const before = pointAt(held.points, point.seq)
      if (before !== undefined && isSame(before, point)) continue
      if (point.changed <= seq) return undefined
      changed.push(point)
    }
  }
  if (changed.length === 0)
    return held.points.length === held.version.experiments ? { ...held, tag: randomUUID() } : undefined
  const points = merged(held.points, changed)
  // Counted before it is read: what is stored in between is more.
  if (points.length < held.version.experiments) return undefined
  if (points.length > held.version.experiments) {
    const now = await store.graphVersion(task.id, hardwareClass)
    if (points.length > now.experiments) return undefined
  }
  return { ...held, tag: randomUUID(), points, steps: await readSteps(store, task, points, held.steps) }
}

/** Both in ascending sequence number; what changed takes the place of what was. */
function merged(held: readonly Point[], changed: readonly GraphPoint[]): Point[] {
  const added = new Set(changed.map(({ seq }) => seq))
  const parentOf = ({ seq, parent }: GraphPoint): number => {
    const before = pointAt(held, seq)
    if (before !== undefined) return before.parent
    return parent !== null && (added.has(parent) || pointAt(held, parent) !== undefined) ? parent : 0
  }
  const points: Point[] = []
  let at = 0
  for (const point of changed) {
    for (let next = held[at]; next !== undefined && next.seq < point.seq; next = held[++at]) points.push(next)
    if (held[at]?.seq === point.seq) at++
    points.push({ ...point, parent: parentOf(point) })
  }
  return points.concat(held.slice(at))
}

function pointAt(points: readonly Point[], seq: number): Point | undefined {
  let [low, high] = [0, points.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((points[middle]?.seq ?? 0) < seq) low = middle + 1
    else high = middle
  }
  return points[low]?.seq === seq ? points[low] : undefined
}

/** Whether two points look the same to who sees the graph. */
function isSame(a: GraphPoint, b: GraphPoint): boolean {
  return (
    a.value === b.value &&
    a.status === b.status &&
    a.verdict === b.verdict &&
    a.reproducedBy === b.reproducedBy &&
    a.voters === b.voters &&
    a.error === b.error &&
    flagsOf(a) === flagsOf(b)
  )
}

function flagsOf({ candidate, frontier, promoted }: GraphPoint): number {
  return (candidate ? FLAG_CANDIDATE : 0) | (frontier ? FLAG_FRONTIER : 0) | (promoted ? FLAG_PROMOTED : 0)
}

function columnsOf(
  points: readonly Point[],
  since: number,
): Pick<Graph, "statuses" | "verdicts" | "nodes" | "columns"> {
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
    if (!nodes.has(point.author)) nodes.set(point.author, nodes.size)
    columns.seq.push(point.seq)
    columns.parent.push(point.parent)
    columns.value.push(point.value)
    columns.status.push(STATUSES.indexOf(point.status))
    columns.verdict.push(VERDICTS.indexOf(point.verdict))
    columns.reproduced_by.push(point.reproducedBy)
    columns.voters.push(point.voters)
    columns.error.push(point.error)
    columns.flags.push(flagsOf(point))
    columns.created.push(point.created)
    columns.node.push(nodes.get(point.author) ?? 0)
  }
  return {
    statuses: [...STATUSES],
    verdicts: [...VERDICTS],
    nodes: [...nodes.keys()],
    columns,
  }
}
