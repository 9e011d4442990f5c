import type { Measurement } from "@spore/records"

/** What one key says of a code state. */
export interface Vote {
  readonly key: string
  /** Its score by replicate number; empty where none of its runs was ok. */
  readonly scores: ReadonlyMap<number, number>
}

/**
 * One vote per key over distinct replicate numbers: of two runs of the same replicate the lowest id counts. Runs that
 * were not ok speak only for a key none of whose runs was ok. `measurements` come by id, ascending.
 */
export function votesOf(measurements: readonly Measurement[]): Vote[] {
  const votes = new Map<string, Map<number, number>>()
  for (const { key, replicates, scores } of measurements) {
    const own = votes.get(key) ?? new Map<number, number>()
    votes.set(key, own)
    replicates.forEach((number, i) => {
      const score = scores[i]
      if (score !== undefined && !own.has(number)) own.set(number, score)
    })
  }
  return [...votes].map(([key, scores]) => ({ key, scores })).toSorted((a, b) => (a.key < b.key ? -1 : 1))
}
