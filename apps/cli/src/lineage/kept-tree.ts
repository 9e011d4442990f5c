import type { ExperimentRow } from "@spore/dag"
import type { Goal } from "../output/format.ts"

/** An experiment with what came of it. */
export interface Branch {
  readonly row: ExperimentRow
  /** The nearest one above it that is in the tree. */
  readonly parent: Branch | null
  /** The one that leads furthest first. */
  children: Branch[]
  /** Generations from the top of its tree, 0 there. */
  readonly depth: number
  /** What was tried on it and is not in the tree. */
  readonly tried: Tried
  /** Whether it is the best, or the best came of it. */
  isOnBestLine: boolean
  /** Those below it that are left out of the tree for room. */
  hidden: number
}

export interface Tried {
  discarded: number
  crashed: number
  /** Not ranked, or withheld here. */
  other: number
}

export interface TreeInit {
  /** Of one class. */
  readonly rows: readonly ExperimentRow[]
  readonly goal: Goal
  /** Id of the best experiment. */
  readonly best: string | null
  /** Only what came of this one. */
  readonly root?: string | undefined
  /** Everything, not only what was kept. */
  readonly everything: boolean
  /** At most so many generations below the top. */
  readonly depth?: number | undefined
}

/** The trees that experiments form, of those kept alone or of all; the one with the best first. */
export function buildTree({ rows, goal, best, root, everything, depth = Infinity }: TreeInit): Branch[] {
  const roots: Branch[] = []
  const all: Branch[] = []
  /** By experiment: itself in the tree, or the nearest above it; null where nothing is, absent outside of `root`. */
  const holders = new Map<string, Branch | null>()
  // By depth: an experiment of the 0.6 network may have arrived before its parent.
  for (const row of rows.toSorted((a, b) => a.depth - b.depth || a.seq - b.seq)) {
    const above = row.parent === null ? null : (holders.get(row.parent) ?? null)
    const isWithin = root === undefined || row.id === root || (row.parent !== null && holders.has(row.parent))
    if (!isWithin) continue
    const parent = row.id === root ? null : above
    const level = parent === null ? 0 : parent.depth + 1
    if (!everything && row.status !== "keep" && row.id !== root) {
      holders.set(row.id, parent)
      if (parent !== null) count(parent.tried, row)
      continue
    }
    if (level > depth) {
      holders.set(row.id, parent)
      if (parent !== null) parent.hidden++
      continue
    }
    const tried = { discarded: 0, crashed: 0, other: 0 }
    const branch: Branch = { row, parent, children: [], depth: level, tried, isOnBestLine: false, hidden: 0 }
    holders.set(row.id, branch)
    ;(parent === null ? roots : parent.children).push(branch)
    all.push(branch)
  }
  markBestLine(holders.get(best ?? "") ?? null)
  sortByReach(roots, all, goal)
  return roots
}

function count(tried: Tried, { status }: ExperimentRow): void {
  if (status === "discard") tried.discarded++
  else if (status === "crash") tried.crashed++
  else tried.other++
}

function markBestLine(best: Branch | null): void {
  for (let branch = best; branch !== null; branch = branch.parent) branch.isOnBestLine = true
}

/** Sorts by the best value that came of each, the best line first. */
function sortByReach(roots: Branch[], all: readonly Branch[], goal: Goal): void {
  const reach = new Map<Branch, number>()
  const cost = ({ value }: ExperimentRow): number => (value === null ? Infinity : goal === "minimize" ? value : -value)
  for (const branch of all.toReversed()) {
    reach.set(branch, Math.min(cost(branch.row), ...branch.children.map((child) => reach.get(child) ?? Infinity)))
  }
  const order = (a: Branch, b: Branch): number => {
    if (a.isOnBestLine !== b.isOnBestLine) return a.isOnBestLine ? -1 : 1
    const [x, y] = [reach.get(a) ?? Infinity, reach.get(b) ?? Infinity]
    return x === y ? a.row.seq - b.row.seq : x - y
  }
  for (const branch of all) branch.children.sort(order)
  roots.sort(order)
}

/** All branches, each before what came of it. */
export function* walk(roots: readonly Branch[]): Generator<Branch> {
  const stack = roots.toReversed()
  for (let branch = stack.pop(); branch !== undefined; branch = stack.pop()) {
    yield branch
    stack.push(...branch.children.toReversed())
  }
}

/**
 * The tree with at most `most` experiments: the best and where it began, the largest steps of its line, what is on the
 * frontier, then the best values. What is left out is counted at what is shown above it.
 */
export function prune(roots: readonly Branch[], most: number, goal: Goal): Branch[] {
  const all = [...walk(roots)]
  if (all.length <= most) return [...roots]
  const chosen = new Set(all.toSorted(byWorth(all, goal)).slice(0, Math.max(1, most)))
  const pruned: Branch[] = []
  const holders = new Map<Branch, Branch | null>()
  for (const branch of all) {
    const parent = branch.parent === null ? null : (holders.get(branch.parent) ?? null)
    if (!chosen.has(branch)) {
      holders.set(branch, parent)
      if (parent !== null) {
        parent.hidden += 1 + branch.hidden
        parent.tried.discarded += branch.tried.discarded
        parent.tried.crashed += branch.tried.crashed
        parent.tried.other += branch.tried.other
      }
      continue
    }
    const depth = parent === null ? 0 : parent.depth + 1
    const kept: Branch = { ...branch, parent, children: [], depth, tried: { ...branch.tried } }
    holders.set(branch, kept)
    ;(parent === null ? pruned : parent.children).push(kept)
  }
  return pruned
}

function byWorth(all: readonly Branch[], goal: Goal): (a: Branch, b: Branch) => number {
  const sign = goal === "minimize" ? 1 : -1
  const cost = ({ row }: Branch): number => (row.value === null ? Infinity : sign * row.value)
  const line = all.filter(({ isOnBestLine }) => isOnBestLine)
  const ends = new Set([line.at(0), line.at(-1)])
  const gain = (branch: Branch): number => (branch.parent === null ? 0 : cost(branch.parent) - cost(branch))
  const rank = (branch: Branch): number => {
    if (ends.has(branch)) return 0
    if (branch.isOnBestLine) return 1
    return branch.row.frontier ? 2 : 3
  }
  return (a, b) => {
    const difference = rank(a) - rank(b)
    if (difference !== 0) return difference
    if (rank(a) === 1) return gain(b) - gain(a)
    const [x, y] = [cost(a), cost(b)]
    return x === y ? a.row.seq - b.row.seq : x - y
  }
}
