import {
  FLAG_CANDIDATE,
  FLAG_FRONTIER,
  FLAG_PROMOTED,
  type Graph,
  isBetter,
  type Metric,
  type Status,
  STATUSES,
  type Verdict,
  VERDICTS,
} from "@spore/api/client"

/** One experiment of a class, as the chart knows it. */
export interface Point {
  readonly seq: number
  /** Its number in the class, from 1. */
  readonly number: number
  /** `seq` of its parent; 0 where there is none. */
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

/**
 * Experiments by column, ascending by `seq`: a hundred thousand of them are a few arrays rather than as many objects.
 * An experiment's place in them is its index: its number in the class, less one.
 */
export interface Columns {
  readonly seq: Float64Array
  readonly parentSeq: Float64Array
  /** NaN where there is no score. */
  readonly value: Float64Array
  /** NaN where it is not known. */
  readonly error: Float64Array
  /** Index in `STATUSES`. */
  readonly status: Uint32Array
  /** Index in `VERDICTS`. */
  readonly verdict: Uint32Array
  readonly reproducedBy: Uint32Array
  readonly voters: Uint32Array
  readonly flags: Uint8Array
  readonly created: Float64Array
  /** Index in the model's `nodes`. */
  readonly node: Uint32Array
}

/** All experiments of one class of a task. */
export interface GraphModel {
  readonly task: string
  readonly class: string
  readonly seq: number
  readonly count: number
  readonly columns: Columns
  /** Index of the parent; -1 where that is not in this class. */
  readonly parent: Int32Array
  readonly nodes: readonly string[]
  readonly bySeq: { get(seq: number): Point | undefined }
  /** Titles of the largest improvements, by seq. */
  readonly titles: ReadonlyMap<number, string>
}

const KEEP = STATUSES.indexOf("keep")
const REFUTED = VERDICTS.indexOf("refuted")

/** Adds a graph, whole or a delta, to what is known. */
export function mergeGraph(before: GraphModel | undefined, graph: Graph): GraphModel {
  const known = before !== undefined && graph.since > 0 && before.class === graph.class ? before : undefined
  const titles = new Map(graph.steps.map(({ seq, title }) => [seq, title]))
  if (known !== undefined && graph.columns.seq.length === 0) {
    return { ...known, task: graph.task, seq: graph.seq, titles }
  }
  const nodes = known === undefined ? graph.nodes : [...new Set([...known.nodes, ...graph.nodes])]
  const added = columnsOf(graph, nodes)
  const columns = known === undefined ? added : mergeColumns(known.columns, added)
  const count = columns.seq.length
  const parent = new Int32Array(count)
  for (let i = 0; i < count; i++) parent[i] = parentIndex(columns, i)
  const model = { task: graph.task, class: graph.class, seq: graph.seq, count, columns, parent, nodes, titles }
  return { ...model, bySeq: { get: (seq) => pointAt(model, indexOfSeq(columns.seq, seq)) } }
}

/** The experiment at an index; undefined where there is none. */
export function pointAt(
  { columns, count, nodes }: Pick<GraphModel, "columns" | "count" | "nodes">,
  index: number,
): Point | undefined {
  if (index < 0 || index >= count) return undefined
  const flags = columns.flags[index] ?? 0
  return {
    seq: columns.seq[index] ?? 0,
    number: index + 1,
    parent: columns.parentSeq[index] ?? 0,
    value: numberOf(columns.value[index]),
    status: STATUSES[columns.status[index] ?? -1] ?? "unranked",
    verdict: VERDICTS[columns.verdict[index] ?? -1] ?? "unverified",
    reproduced_by: columns.reproducedBy[index] ?? 0,
    voters: columns.voters[index] ?? 0,
    error: numberOf(columns.error[index]),
    candidate: (flags & FLAG_CANDIDATE) !== 0,
    frontier: (flags & FLAG_FRONTIER) !== 0,
    promoted: (flags & FLAG_PROMOTED) !== 0,
    created: columns.created[index] ?? 0,
    node: nodes[columns.node[index] ?? -1] ?? "",
  }
}

function parentIndex({ seq, parentSeq }: Columns, index: number): number {
  const wanted = parentSeq[index] ?? 0
  return wanted === 0 ? -1 : indexOfSeq(seq, wanted)
}

/** Index of a sequence number; -1 where it is not known. */
export function indexOfSeq(seqs: Float64Array, seq: number): number {
  let low = 0
  let high = seqs.length - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const at = seqs[middle] ?? 0
    if (at === seq) return middle
    if (at < seq) low = middle + 1
    else high = middle - 1
  }
  return -1
}

/** Whether this one may be best: kept, and not refuted by reruns. */
export function mayLeadAt({ columns }: GraphModel, index: number): boolean {
  return columns.status[index] === KEEP && columns.verdict[index] !== REFUTED && !Number.isNaN(columns.value[index])
}

/** Indices of the steps of the running best, first to last. */
export function bestSteps(model: GraphModel, goal: Metric["goal"]): number[] {
  const { value } = model.columns
  const steps: number[] = []
  let best: number | undefined
  for (let i = 0; i < model.count; i++) {
    const here = value[i] ?? NaN
    if (!mayLeadAt(model, i) || (best !== undefined && !isBetter(here, best, goal))) continue
    best = here
    steps.push(i)
  }
  return steps
}

/** Indices from an experiment up to its root, as far as it is in this class. */
export function lineageOf({ parent, count }: GraphModel, from: number): number[] {
  const path: number[] = []
  for (let at = from; at >= 0 && at < count && path.length <= count; at = parent[at] ?? -1) path.push(at)
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

function numberOf(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value
}

function columnsOf({ columns, statuses, verdicts, nodes: graphNodes }: Graph, nodes: readonly string[]): Columns {
  const nodeIndex = new Map(nodes.map((node, i) => [node, i]))
  return {
    // Constructors copy arrays many times faster than `from` does.
    seq: new Float64Array(columns.seq),
    parentSeq: new Float64Array(columns.parent),
    value: floats(columns.value),
    error: floats(columns.error),
    status: translated(columns.status, statuses, (status) => STATUSES.indexOf(status)),
    verdict: translated(columns.verdict, verdicts, (verdict) => VERDICTS.indexOf(verdict)),
    reproducedBy: new Uint32Array(columns.reproduced_by),
    voters: new Uint32Array(columns.voters),
    flags: new Uint8Array(columns.flags),
    created: new Float64Array(columns.created),
    node: translated(columns.node, graphNodes, (node) => nodeIndex.get(node) ?? 0),
  }
}

/** Indices in the graph's own list of names, as indices in ours. */
function translated<Name>(
  indices: readonly number[],
  names: readonly Name[],
  ours: (name: Name) => number,
): Uint32Array {
  const table = names.map(ours)
  const column = new Uint32Array(indices.length)
  for (let i = 0; i < indices.length; i++) column[i] = table[indices[i] ?? 0] ?? 0
  return column
}

function floats(values: readonly (number | null)[]): Float64Array {
  const column = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) column[i] = values[i] ?? NaN
  return column
}

/** Both in ascending order; where both have an experiment, what was added replaces what was known. */
function mergeColumns(known: Columns, added: Columns): Columns {
  /** For each row of the result: its index among the known, or the complement of that among the added. */
  const rows: number[] = []
  let k = 0
  for (let a = 0; a < added.seq.length; a++) {
    const seq = added.seq[a] ?? 0
    while (k < known.seq.length && (known.seq[k] ?? 0) < seq) rows.push(k++)
    if (known.seq[k] === seq) k++
    rows.push(~a)
  }
  while (k < known.seq.length) rows.push(k++)
  const from = Int32Array.from(rows)
  return {
    seq: pick(known.seq, added.seq, from),
    parentSeq: pick(known.parentSeq, added.parentSeq, from),
    value: pick(known.value, added.value, from),
    error: pick(known.error, added.error, from),
    status: pick(known.status, added.status, from),
    verdict: pick(known.verdict, added.verdict, from),
    reproducedBy: pick(known.reproducedBy, added.reproducedBy, from),
    voters: pick(known.voters, added.voters, from),
    flags: pick(known.flags, added.flags, from),
    created: pick(known.created, added.created, from),
    node: pick(known.node, added.node, from),
  }
}

function pick<Column extends Float64Array | Uint8Array | Uint32Array>(
  known: Column,
  added: Column,
  rows: Int32Array,
): Column {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the constructor of a column makes columns of its kind
  const result = new (known.constructor as new (length: number) => Column)(rows.length)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0
    result[i] = (row < 0 ? added[~row] : known[row]) ?? 0
  }
  return result
}
