import {
  FLAG_CANDIDATE,
  FLAG_FRONTIER,
  FLAG_PROMOTED,
  type Graph,
  type Metric,
  runningBest,
  type Status,
  type Verdict,
} from "@spore/api/client"

/** One experiment of a class, as the chart knows it. */
export interface Point {
  readonly seq: number
  /** Its number in the class, from 1. */
  readonly number: number
  /** `seq` of its parent; 0 where that is not in this class. */
  readonly parent: number
  readonly value: number | null
  readonly status: Status
  readonly verdict: Verdict
  /** Named as the API's experiments have it, whose place it takes. */
  readonly reproduced_by: number
  readonly voters: number
  readonly error: number | null
  readonly candidate: boolean
  readonly frontier: boolean
  readonly promoted: boolean
  readonly created: number
  readonly node: string
}

/** All experiments of one class of a task. */
export interface GraphModel {
  readonly task: string
  readonly class: string
  readonly seq: number
  readonly points: readonly Point[]
  readonly bySeq: ReadonlyMap<number, Point>
  /** Titles of the largest improvements, by seq. */
  readonly titles: ReadonlyMap<number, string>
}

/** Adds a graph, whole or a delta, to what is known. */
export function mergeGraph(before: GraphModel | undefined, graph: Graph): GraphModel {
  const isDelta = before !== undefined && graph.since > 0 && before.class === graph.class
  const titles = new Map(graph.steps.map(({ seq, title }) => [seq, title]))
  if (isDelta && graph.columns.seq.length === 0) return { ...before, seq: graph.seq, titles }
  const known = new Map(isDelta ? before.bySeq : [])
  for (const point of pointsOf(graph)) known.set(point.seq, point)
  const points = [...known.values()]
    .toSorted((a, b) => a.seq - b.seq)
    .map((point, i) => (point.number === i + 1 ? point : { ...point, number: i + 1 }))
  const bySeq = new Map(points.map((point) => [point.seq, point]))
  return { task: graph.task, class: graph.class, seq: graph.seq, points, bySeq, titles }
}

function pointsOf({ columns, statuses, verdicts, nodes }: Graph): Point[] {
  return columns.seq.map((seq, i) => ({
    seq,
    number: 0,
    parent: columns.parent[i] ?? 0,
    value: columns.value[i] ?? null,
    status: statuses[columns.status[i] ?? -1] ?? "unranked",
    verdict: verdicts[columns.verdict[i] ?? -1] ?? "unverified",
    reproduced_by: columns.reproduced_by[i] ?? 0,
    voters: columns.voters[i] ?? 0,
    error: columns.error[i] ?? null,
    candidate: ((columns.flags[i] ?? 0) & FLAG_CANDIDATE) !== 0,
    frontier: ((columns.flags[i] ?? 0) & FLAG_FRONTIER) !== 0,
    promoted: ((columns.flags[i] ?? 0) & FLAG_PROMOTED) !== 0,
    created: columns.created[i] ?? 0,
    node: nodes[columns.node[i] ?? -1] ?? "",
  }))
}

/** The steps of the running best, first to last. */
export function bestSteps(model: GraphModel, goal: Metric["goal"]): Point[] {
  return runningBest(model.points, goal).flatMap((i) => model.points[i] ?? [])
}

/** From a point up to its root, as far as it is in this class. */
export function lineageOf(model: GraphModel, from: Point | undefined): Point[] {
  const path: Point[] = []
  for (let point = from; point !== undefined && path.length <= model.points.length;) {
    path.push(point)
    point = point.parent === 0 ? undefined : model.bySeq.get(point.parent)
  }
  return path
}

/** Whether reruns agree with the claim. */
export function isVerified(point: { readonly verdict: Verdict }): boolean {
  return point.verdict === "reproduced" || point.verdict === "upheld"
}

/** Whether reruns disagree with the claim. */
export function isDisputed(point: { readonly verdict: Verdict }): boolean {
  return point.verdict === "suspect" || point.verdict === "challenged" || point.verdict === "refuted"
}
