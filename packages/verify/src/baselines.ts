import { median, type StateFacts, type TaskTerms } from "@spore/records"
import { resultOf, votesOf } from "./votes.ts"

/** What each key measured on the task's baseline in a class. */
export interface Baselines {
  /** Median over the keys. */
  readonly reference: number
  readonly keys: ReadonlyMap<string, number>
  /** A result as it would be on a host of the reference's speed; null where the key's own baseline is not known. */
  adjust(key: string, result: number): number | null
}

/** Whether keys are compared as differences from their own runs of the baseline. */
export function comparesToOwnBaseline({ ownBaseline, replay, budget }: TaskTerms): boolean {
  return ownBaseline ?? (replay.mode === "noisy" && budget.type === "wall")
}

/** The baselines of a class; null where the task does not ask for them, or where nobody ran it. */
export function baselinesOf(
  task: TaskTerms,
  states: readonly StateFacts[],
  weigh: (key: string) => number,
): Baselines | null {
  if (!comparesToOwnBaseline(task)) return null
  const measurements = states
    .filter((state) => state.baseline)
    .flatMap((state) => state.measurements)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const keys = new Map<string, number>()
  for (const vote of votesOf(measurements)) {
    const result = resultOf(vote)
    if (result !== null) keys.set(vote.key, result)
  }
  const counted = [...keys].filter(([key]) => weigh(key) > 0).map(([, result]) => result)
  if (counted.length === 0) return null
  const reference = median(counted)
  return {
    reference,
    keys,
    adjust: (key, result) => {
      const own = keys.get(key)
      const adjusted = own === undefined ? Number.NaN : reference + (result - own)
      return Number.isFinite(adjusted) ? adjusted : null
    },
  }
}
