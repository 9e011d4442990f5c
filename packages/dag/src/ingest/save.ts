import { CompiledQuery } from "kysely"
import { insertObjects } from "../database/insert-rows.ts"
import type { WorkingGraph } from "../derive/graph.ts"
import { derivedOf, isChanged } from "../derive/node.ts"
import type { Session } from "./session.ts"

/** Writes new nodes and those whose derived state changed; `latest` marks them as changed by now. */
export async function saveNodes({ tx, dialect }: Session, graph: WorkingGraph, latest: number): Promise<void> {
  const nodes = [...graph.nodes.values()].filter(isChanged)
  for (const node of nodes) node.changed = latest
  const added = nodes.flatMap((node) =>
    node.row === null || node.stored !== null ? [] : [{ ...node.row, ...derivedOf(node) }],
  )
  await insertObjects(tx, dialect, "experiments", added)
  let text: string | undefined
  for (const node of nodes) {
    if (node.stored === null) continue
    const columns = derivedOf(node)
    // Built once: building it for every row would cost more than running it.
    text ??= tx.updateTable("experiments").set(columns).where("seq", "=", node.seq).compile().sql
    const values: unknown[] = Object.values(columns)
    await tx.executeQuery(CompiledQuery.raw(text, [...values, node.seq]))
  }
}
