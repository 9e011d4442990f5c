import type { GraphExperiment } from "@spore/records"
import { sql } from "kysely"
import type { WorkingGraph } from "../derive/graph.ts"
import type { GraphNode } from "../derive/node.ts"
import type { Session } from "./session.ts"

/**
 * The nearest ancestor that an experiment may be compared with: the nearest of its class, and of the 0.6 network the
 * parent itself as long as it is in the same task. It never changes, since ancestors are stored before.
 */
export async function lineParent(
  { tx }: Session,
  graph: WorkingGraph,
  parent: GraphNode,
  row: Pick<GraphExperiment, "claimedStatus">,
  place: { readonly task: number; readonly class: number },
): Promise<number | null> {
  if (row.claimedStatus !== null) return parent.task === place.task ? parent.seq : null
  let node = parent
  while (node.class !== place.class) {
    if (node.parent === null) return null
    if (node.stored !== null) {
      const { rows } = await sql<{ seq: number }>`
        with recursive up (seq, parent, class) as (
          select seq, parent, class from experiments where seq = ${node.parent}
          union all
          select e.seq, e.parent, e.class from experiments e join up on e.seq = up.parent where up.class <> ${place.class}
        ) select seq from up where class = ${place.class}`.execute(tx)
      return rows[0]?.seq ?? null
    }
    node = await graph.get(node.parent)
  }
  return node.seq
}
