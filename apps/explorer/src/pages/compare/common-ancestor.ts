import type { Experiment } from "@spore/api/client"

/** Where two lineages part. */
export interface Parting {
  /** The youngest that both come from, either of them included; null where there is none here. */
  readonly ancestor: Experiment | null
  /** From just after it to the experiment itself, oldest first. */
  readonly pathA: readonly Experiment[]
  readonly pathB: readonly Experiment[]
}

/** @param a from the experiment up to its root, as the API gives it; `b` likewise */
export function partingOf(a: readonly Experiment[], b: readonly Experiment[]): Parting {
  const placeInB = new Map(b.map(({ id }, i) => [id, i]))
  const atA = a.findIndex(({ id }) => placeInB.has(id))
  const ancestor = a[atA] ?? null
  const atB = ancestor === null ? b.length : (placeInB.get(ancestor.id) ?? b.length)
  return {
    ancestor,
    pathA: a.slice(0, atA === -1 ? a.length : atA).toReversed(),
    pathB: b.slice(0, atB).toReversed(),
  }
}
