import type { StateSummary, TaskTerms } from "@spore/records"
import type { ExperimentStatus } from "../store.ts"
import type { Verdicts } from "../verdicts.ts"
import { ByDepth } from "./by-depth.ts"
import type { WorkingGraph } from "./graph.ts"
import { type GraphNode, stands } from "./node.ts"

/**
 * Brings status, promotion, candidates and frontier of one task up to date after `dirty` nodes were added or judged
 * anew (docs/spec/07-derived-state.md, 7.5 to 7.7). What it visits is what can have changed: the dirty nodes, what is
 * compared with them, and whatever follows from these.
 *
 * @returns every node that it visited
 */
export async function rankTask(
  graph: WorkingGraph,
  terms: TaskTerms,
  verdicts: Verdicts,
  dirty: Iterable<GraphNode>,
): Promise<Set<GraphNode>> {
  const visited = new Set(dirty)
  await loadLine(graph, visited)
  await rankStatus(graph, terms, visited)
  await promote(graph, terms, verdicts, visited)
  await countBelow(graph, terms, visited)
  for (const node of visited) {
    const isStanding = stands(node)
    node.candidate = Number(isStanding && node.keep_children === 0)
    // A baseline stays, as what everything is measured from.
    const isUndisplaced = node.promoted === 1 && node.promoted_children === 0
    node.frontier = Number(isStanding && (isRoot(node) || isUndisplaced))
  }
  return visited
}

/** The gain of `value` over `other` in the direction of the metric's goal. */
export function gainOver({ metric }: TaskTerms, value: number, other: number): number {
  return metric.goal === "minimize" ? other - value : value - other
}

/** Loads with few queries what nearly every visit asks for. */
async function loadLine(graph: WorkingGraph, nodes: ReadonlySet<GraphNode>): Promise<void> {
  await graph.load([...nodes].map((node) => node.line_parent))
  await graph.load([...graph.nodes.values()].map((node) => node.keep_ancestor))
  await graph.load([...graph.nodes.values()].map((node) => node.promoted_ancestor))
}

/** Status and keep ancestor, from the root down. */
async function rankStatus(graph: WorkingGraph, terms: TaskTerms, visited: Set<GraphNode>): Promise<void> {
  const queue = new ByDepth(visited)
  for (let node = queue.take(); node !== undefined; node = queue.take()) {
    visited.add(node)
    const up = node.line_parent === null ? null : await graph.get(node.line_parent)
    const keepSeq = up === null ? null : anchorOf(up)
    const keep = keepSeq === null ? null : await graph.get(keepSeq)
    node.keep_ancestor = keepSeq
    node.status = statusOf(node, keep, terms)
    if (isOtherAnchor(node, graph)) for (const child of await graph.below(node)) queue.add(child)
  }
}

/** What those below a node are compared with: the node itself if it is a keep, else its own keep ancestor. */
function anchorOf(node: Pick<GraphNode, "seq" | "status" | "keep_ancestor">): number | null {
  return node.status === "keep" ? node.seq : node.keep_ancestor
}

/** Whether stored nodes below this one are now compared with another node, or with another value of it. */
function isOtherAnchor(node: GraphNode, graph: WorkingGraph): boolean {
  if (node.stored === null) return false
  const anchor = anchorOf(node)
  if (anchor !== anchorOf({ seq: node.seq, ...node.stored })) return true
  const current = anchor === null ? undefined : graph.nodes.get(anchor)
  return current !== undefined && current.stored?.value !== current.value
}

function statusOf(node: GraphNode, keep: GraphNode | null, terms: TaskTerms): ExperimentStatus {
  if (node.claimed_status !== null) return node.claimed_status
  if (node.outcome !== "ok" || node.value === null) return "crash"
  if (isRoot(node)) return "keep"
  if (keep === null || keep.value === null) return "unranked"
  const gain = gainOver(terms, node.value, keep.value)
  return gain > 0 && gain >= terms.metric.minEffect ? "keep" : "discard"
}

function isRoot(node: GraphNode): boolean {
  return node.depth === 0
}

/** Promotion over the nearest promoted ancestor, from the root down; a baseline stands as promoted for what follows. */
async function promote(
  graph: WorkingGraph,
  terms: TaskTerms,
  verdicts: Verdicts,
  visited: Set<GraphNode>,
): Promise<void> {
  const queue = new ByDepth(visited)
  for (let node = queue.take(); node !== undefined; node = queue.take()) {
    visited.add(node)
    const above = node.status === "keep" && node.keep_ancestor !== null ? await graph.get(node.keep_ancestor) : null
    node.promoted_ancestor = above === null ? null : isPromotedFor(above) ? above.seq : above.promoted_ancestor
    const ancestor = node.promoted_ancestor === null ? null : await graph.get(node.promoted_ancestor)
    node.promoted = Number(ancestor !== null && isPromoted(node, ancestor, terms, verdicts))

    const { stored } = node
    if (stored === null) continue
    if (
      stored.promoted !== node.promoted ||
      stored.promoted_ancestor !== node.promoted_ancestor ||
      stored.keep_ancestor !== node.keep_ancestor
    ) {
      for (const child of await graph.keptBelow(node)) queue.add(child)
    }
    if (isOtherSummary(stored, node)) for (const child of await graph.promotableBelow(node)) queue.add(child)
  }
}

function isPromotedFor(above: GraphNode): boolean {
  return above.promoted === 1 || above.keep_ancestor === null
}

function isPromoted(node: GraphNode, ancestor: GraphNode, terms: TaskTerms, verdicts: Verdicts): boolean {
  if (!stands(node) || node.voters === 0 || node.value === null || ancestor.value === null) return false
  if (gainOver(terms, node.value, ancestor.value) <= 0) return false
  return verdicts.promotes(terms, summaryOf(node), summaryOf(ancestor))
}

/** What a verdict policy is told of a judged state. */
export function summaryOf({ value, basis }: StateSummary): StateSummary {
  return { value, basis }
}

function isOtherSummary(a: StateSummary, b: StateSummary): boolean {
  return a.value !== b.value || a.basis !== b.basis
}

/** Counts at each ancestor what displaces it, by the difference that each visited node now makes. */
async function countBelow(graph: WorkingGraph, terms: TaskTerms, visited: Set<GraphNode>): Promise<void> {
  // What is counted at an ancestor changes nothing above that.
  const changed = [...visited]
  for (const node of changed) {
    const before = node.stored === null ? null : { ...node, ...node.stored }
    for (const [from, by] of [
      [before, -1],
      [node, 1],
    ] as const) {
      if (from === null || !stands(from)) continue
      if (from.keep_ancestor !== null) {
        const above = await graph.get(from.keep_ancestor)
        if (displaces(from, above, terms)) {
          above.keep_children += by
          visited.add(above)
        }
      }
      if (from.promoted === 1 && from.promoted_ancestor !== null) {
        const above = await graph.get(from.promoted_ancestor)
        above.promoted_children += by
        visited.add(above)
      }
    }
  }
}

/** A derived keep is better than its keep ancestor by definition; a claimed one may not be. */
function displaces(node: GraphNode, above: GraphNode, terms: TaskTerms): boolean {
  if (node.claimed_status === null) return true
  // The 0.6 network lets only a direct child displace its parent.
  if (above.seq !== node.parent || node.claim === null || above.claim === null) return false
  return gainOver(terms, node.claim, above.claim) > 0
}
