import { type Metric, STATUSES } from "@spore/api/client"
import { MARK } from "../layers.ts"
import { type GraphModel, mayLeadAt } from "../model.ts"
import { selectNth } from "../select.ts"

/** A line of kept experiments, each the best child of the one before it. */
export interface Lane {
  /** Indices, first to last. */
  readonly nodes: readonly number[]
  /** The kept experiment that its first one builds on, on another lane; -1 for a root. */
  readonly from: number
  /** Row from the top. */
  readonly row: number
  /** Kept experiments that branch off from here and are not shown. */
  readonly pruned: number
}

/** The kept part of a search as lanes: who builds on whom, without the discards between. */
export interface Lanes {
  /** From the top row to the last. The first ends at the best. */
  readonly lanes: readonly Lane[]
  /** Nearest kept ancestor of each experiment; -1 where there is none. */
  readonly keptParent: Int32Array
  /** Best kept child; -1 where there is none. */
  readonly bestChild: Int32Array
  /** Experiments that came from this one and were not kept. */
  readonly tried: Uint32Array
  /** Row of each experiment that is shown; -1 of all others. */
  readonly rowOf: Int32Array
}

const KEEP = STATUSES.indexOf("keep")
/** Lanes that opening one adds, the best first. */
const OPENED = 8

/**
 * Lays kept experiments out as lanes, the best first, in time linear in their number.
 *
 * @param mark of each experiment, one of `MARK`
 * @param tips lanes at most, apart from what was opened
 * @param opened first experiments of lanes whose pruned branches are shown, each as often as it was opened
 */
export function layLanes(
  model: GraphModel,
  mark: Uint8Array,
  goal: Metric["goal"],
  { tips, opened }: { tips: number; opened: readonly number[] },
): Lanes {
  const { count } = model
  // Also of those that reruns disagree with, which have a mark of their own.
  const isKept = (i: number): boolean =>
    mark[i] === MARK.kept || (mark[i] === MARK.disputed && model.columns.status[i] === KEEP)
  const { keptParent, tried } = climb(model, isKept)
  // Turned so that smaller is better.
  const best = new Float64Array(count).fill(Infinity)
  const size = new Uint32Array(count)
  const bestChild = new Int32Array(count).fill(-1)
  const heads: number[] = []
  for (let i = count - 1; i >= 0; i--) {
    if (!isKept(i)) continue
    // What is refuted leads nowhere, but what was built on it may.
    const own = mayLeadAt(model, i) ? (model.columns.value[i] ?? NaN) : NaN
    if (!Number.isNaN(own)) best[i] = Math.min(best[i] ?? Infinity, goal === "minimize" ? own : -own)
    size[i] = (size[i] ?? 0) + 1
    const up = keptParent[i] ?? -1
    if (up < 0) continue
    size[up] = (size[up] ?? 0) + (size[i] ?? 0)
    const rival = bestChild[up] ?? -1
    if (rival < 0 || (best[i] ?? Infinity) <= (best[rival] ?? Infinity)) bestChild[up] = i
    best[up] = Math.min(best[up] ?? Infinity, best[i] ?? Infinity)
  }
  for (let i = 0; i < count; i++) {
    const up = keptParent[i] ?? -1
    if (isKept(i) && (up < 0 || bestChild[up] !== i)) heads.push(i)
  }

  const chosen = chooseHeads(heads, best, tips)
  const laneOf = new Int32Array(count).fill(-1)
  const follow = (head: number): number[] => {
    const nodes: number[] = []
    for (let at = head; at >= 0; at = bestChild[at] ?? -1) {
      laneOf[at] = head
      nodes.push(at)
    }
    return nodes
  }
  const nodesOf = new Map(chosen.map((head) => [head, follow(head)]))
  const branchesOf = (lane: number): number[] =>
    heads.filter((head) => !nodesOf.has(head) && laneOf[keptParent[head] ?? -1] === lane)
  for (const lane of opened) {
    const ranked = branchesOf(lane).toSorted((a, b) => (best[a] ?? 0) - (best[b] ?? 0) || a - b)
    for (const head of ranked.slice(0, OPENED)) nodesOf.set(head, follow(head))
  }

  const pruned = new Map<number, number>()
  for (const head of heads) {
    const lane = laneOf[keptParent[head] ?? -1] ?? -1
    if (!nodesOf.has(head) && lane >= 0) pruned.set(lane, (pruned.get(lane) ?? 0) + (size[head] ?? 0))
  }
  const lanes = orderOf([...nodesOf.keys()], keptParent, laneOf).map((head, row): Lane => {
    return { nodes: nodesOf.get(head) ?? [], from: keptParent[head] ?? -1, row, pruned: pruned.get(head) ?? 0 }
  })
  const rowOf = new Int32Array(count).fill(-1)
  for (const { nodes, row } of lanes) for (const node of nodes) rowOf[node] = row
  return { lanes, keptParent, bestChild, tried, rowOf }
}

function climb({ parent, count }: GraphModel, isKept: (index: number) => boolean): Pick<Lanes, "keptParent" | "tried"> {
  const keptParent = new Int32Array(count)
  const tried = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    const up = parent[i] ?? -1
    // A parent is stored before its child; a graph that says otherwise must not lead in circles.
    const nearest = up < 0 || up >= i ? -1 : isKept(up) ? up : (keptParent[up] ?? -1)
    keptParent[i] = nearest
    if (nearest >= 0 && !isKept(i)) tried[nearest] = (tried[nearest] ?? 0) + 1
  }
  return { keptParent, tried }
}

/** The best `tips` of them, best first. A lane is no better than the one it branches off from, so that one is there too. */
function chooseHeads(heads: readonly number[], best: Float64Array, tips: number): number[] {
  const order = (a: number, b: number): number => compare(best[a] ?? 0, best[b] ?? 0) || a - b
  if (heads.length <= tips) return heads.toSorted(order)
  const bound = selectNth(
    Float64Array.from(heads, (head) => best[head] ?? 0),
    tips - 1,
  )
  return heads
    .filter((head) => (best[head] ?? 0) <= bound)
    .toSorted(order)
    .slice(0, tips)
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Heads from top to bottom: below each lane its branches, the latest first, so that no line crosses a lane. */
function orderOf(heads: readonly number[], keptParent: Int32Array, laneOf: Int32Array): number[] {
  const branches = new Map<number, number[]>()
  const roots: number[] = []
  for (const head of heads) {
    const from = keptParent[head] ?? -1
    const lane = laneOf[from] ?? -1
    if (from < 0) roots.push(head)
    else branches.set(lane, [...(branches.get(lane) ?? []), head])
  }
  const rows: number[] = []
  const waiting = roots.toReversed()
  for (let head = waiting.pop(); head !== undefined; head = waiting.pop()) {
    rows.push(head)
    // Of those from the same place, the best first; the last to wait is the next in line.
    const ranked = (branches.get(head) ?? []).toReversed()
    waiting.push(...ranked.toSorted((a, b) => (keptParent[a] ?? 0) - (keptParent[b] ?? 0)))
  }
  return rows
}
