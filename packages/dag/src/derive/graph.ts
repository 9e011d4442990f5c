import { sql, type Transaction } from "kysely"
import type { Dialect } from "../database/dialect.ts"
import type { DerivedColumns, ExperimentColumns, Tables } from "../database/schema.ts"
import { type Fixed, type GraphNode, newNode, NODE_COLUMNS, storedNode } from "./node.ts"

/** The part of the graph that a transaction works on: loaded as it is asked for, written back at the end. */
export interface WorkingGraph {
  readonly nodes: ReadonlyMap<number, GraphNode>
  add(row: ExperimentColumns): GraphNode
  /** @throws TypeError for what is not in the graph */
  get(seq: number): Promise<GraphNode>
  load(seqs: Iterable<number | null>): Promise<void>
  /** Stored experiments whose line parent this is. */
  below(node: GraphNode): Promise<GraphNode[]>
  /** Stored keeps whose keep ancestor this was when the transaction began. */
  keptBelow(node: GraphNode): Promise<GraphNode[]>
  /** Stored experiments with voters whose promoted ancestor this was when the transaction began. */
  promotableBelow(node: GraphNode): Promise<GraphNode[]>
}

export function createWorkingGraph(tx: Transaction<Tables>, dialect: Dialect): WorkingGraph {
  const nodes = new Map<number, GraphNode>()
  const experiments = tx.selectFrom("experiments").select(NODE_COLUMNS)

  /** What the transaction holds of a row already is newer than the row. */
  const keep = (row: Fixed & DerivedColumns): GraphNode => {
    const known = nodes.get(row.seq)
    if (known !== undefined) return known
    const node = storedNode(row)
    nodes.set(row.seq, node)
    return node
  }
  const load = async (seqs: Iterable<number | null>): Promise<void> => {
    const missing = [...new Set(seqs)].filter((seq) => seq !== null).filter((seq) => !nodes.has(seq))
    if (missing.length === 0) return
    for (const row of await experiments.where(dialect.isIn("seq", missing)).execute()) keep(row)
  }

  return {
    nodes,
    add: (row) => {
      const node = newNode(row)
      nodes.set(node.seq, node)
      return node
    },
    get: async (seq) => {
      const known = nodes.get(seq)
      if (known !== undefined) return known
      await load([seq])
      const node = nodes.get(seq)
      if (node === undefined) throw new TypeError(`experiment ${seq} has no row`)
      return node
    },
    load,
    below: async ({ seq }) => (await experiments.where("line_parent", "=", seq).execute()).map(keep),
    // Literals, not parameters: the partial indexes on these columns are used only where their condition is seen.
    keptBelow: async ({ seq }) =>
      (await experiments.where("keep_ancestor", "=", seq).where("status", "=", sql.lit("keep")).execute()).map(keep),
    promotableBelow: async ({ seq }) =>
      (await experiments.where("promoted_ancestor", "=", seq).where("voters", ">", sql.lit(0)).execute()).map(keep),
  }
}
