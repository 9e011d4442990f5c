import { type Measurement, mean } from "@spore/records"

/** What one key says of a code state. */
export interface Vote {
  readonly key: string
  /** Its scores in the order of replicate numbers; empty where none of its runs was ok. */
  readonly scores: ReadonlyMap<number, number>
}

/**
 * One vote per key over distinct replicate numbers: of two runs of the same replicate the lowest id counts. Runs that
 * were not ok speak only for a key none of whose runs was ok. `measurements` come by id, ascending; votes by key.
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
  return [...votes]
    .map(([key, scores]) => ({ key, scores: new Map([...scores].toSorted(([a], [b]) => a - b)) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

/** A key's result: the mean of its scores in the order of replicates; null where it has none, or where that overflows. */
export function resultOf({ scores }: Vote): number | null {
  const result = mean([...scores.values()])
  return Number.isFinite(result) ? result : null
}

/** What a key reran; claims, which their authors chose among many, are left out but on the baseline. */
export function isUnselected({ kind }: Measurement, isBaseline: boolean): boolean {
  return isBaseline || kind !== "experiment"
}
