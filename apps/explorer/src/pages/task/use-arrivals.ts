import type { Experiment, Page } from "@spore/api/client"
import { useState } from "react"
import type { GraphModel } from "../../chart/model.ts"
import { type Filter, listedFrom, matches } from "./filter.ts"

/**
 * How many experiments that the filter lists have arrived since the list was loaded, of the graph that live events keep
 * fresh; and how to begin to count anew, when the reader has asked for them.
 */
export function useArrivals(
  first: Page<Experiment> | undefined,
  graph: GraphModel | undefined,
  filter: Filter,
): [number, () => void] {
  const newest = graph === undefined ? null : (graph.columns.seq.at(-1) ?? 0)
  const [base, setBase] = useState({ first, seq: newest })
  const rebase = (): void => setBase({ first, seq: newest })
  const isStale = base.first !== first || (base.seq === null && newest !== null)
  if (isStale) rebase()
  if (isStale || base.seq === null || first === undefined || graph === undefined) return [0, rebase]
  // The list may already have what the graph gets a moment later.
  const known = first.items.reduce((seq, row) => Math.max(seq, row.seq), base.seq)
  return [countAfter(graph, known, filter), rebase]
}

function countAfter(graph: GraphModel, seq: number, filter: Filter): number {
  const { count, columns } = graph
  let from = count
  while (from > 0 && (columns.seq[from - 1] ?? 0) > seq) from--
  let found = 0
  for (const point of listedFrom(graph, from)) if (matches(point, filter)) found++
  return found
}
