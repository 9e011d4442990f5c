import type { DerivedColumns, ExperimentColumns } from "../database/schema.ts"

/** What the graph is derived from, of an experiment. */
export type Fixed = Pick<
  ExperimentColumns,
  | "seq"
  | "id"
  | "task"
  | "class"
  | "author"
  | "parent"
  | "line_parent"
  | "depth"
  | "outcome"
  | "claim"
  | "claimed_status"
>

/** An experiment in memory while the graph around it is derived. */
export interface GraphNode extends Fixed, DerivedColumns {
  /** What is stored of it now; null before its row is written. */
  stored: DerivedColumns | null
  /** The whole row, for one that is not stored yet. */
  readonly row: ExperimentColumns | null
}

const UNDERIVED: DerivedColumns = {
  value: null,
  cost: null,
  status: "unranked",
  verdict: "unverified",
  explanation: "",
  reproduced_by: 0,
  voters: 0,
  basis: null,
  error: null,
  noise: null,
  freedom: null,
  measured: 0,
  keep_ancestor: null,
  promoted_ancestor: null,
  promoted: 0,
  keep_children: 0,
  promoted_children: 0,
  candidate: 0,
  frontier: 0,
  changed: 0,
}

const DERIVED_COLUMNS = [
  "value",
  "cost",
  "status",
  "verdict",
  "explanation",
  "reproduced_by",
  "voters",
  "basis",
  "error",
  "noise",
  "freedom",
  "measured",
  "keep_ancestor",
  "promoted_ancestor",
  "promoted",
  "keep_children",
  "promoted_children",
  "candidate",
  "frontier",
  "changed",
] as const satisfies readonly (keyof DerivedColumns)[]

export const NODE_COLUMNS: readonly (keyof Fixed | keyof DerivedColumns)[] = [
  "seq",
  "id",
  "task",
  "class",
  "author",
  "parent",
  "line_parent",
  "depth",
  "outcome",
  "claim",
  "claimed_status",
  ...DERIVED_COLUMNS,
]

export function newNode(row: ExperimentColumns): GraphNode {
  return { ...row, ...UNDERIVED, stored: null, row }
}

export function storedNode(row: Fixed & DerivedColumns): GraphNode {
  return { ...row, stored: derivedOf(row), row: null }
}

export function derivedOf(node: DerivedColumns): DerivedColumns {
  return {
    value: node.value,
    cost: node.cost,
    status: node.status,
    verdict: node.verdict,
    explanation: node.explanation,
    reproduced_by: node.reproduced_by,
    voters: node.voters,
    basis: node.basis,
    error: node.error,
    noise: node.noise,
    freedom: node.freedom,
    measured: node.measured,
    keep_ancestor: node.keep_ancestor,
    promoted_ancestor: node.promoted_ancestor,
    promoted: node.promoted,
    keep_children: node.keep_children,
    promoted_children: node.promoted_children,
    candidate: node.candidate,
    frontier: node.frontier,
    changed: node.changed,
  }
}

export function isChanged(node: GraphNode): boolean {
  const { stored } = node
  return stored === null || DERIVED_COLUMNS.some((column) => stored[column] !== node[column])
}

/** A keep that was not refuted: what may be a candidate, and what displaces its ancestor. */
export function stands(node: Pick<DerivedColumns, "status" | "verdict">): boolean {
  return node.status === "keep" && node.verdict !== "refuted"
}
