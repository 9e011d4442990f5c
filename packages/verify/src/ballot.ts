import { type Measurement, mean, type StateFacts, type TaskTerms } from "@spore/records"
import type { Baselines } from "./baselines.ts"
import type { ClassContext } from "./class-context.ts"
import { isMatch, tolerance } from "./compare.ts"
import { resultOf, type Vote } from "./votes.ts"

/** A claim and the votes on it, in one unit. */
export interface Ballot {
  readonly claim: number
  /** By key. */
  readonly votes: readonly Ballotted[]
}

/** What one key says of a claim. */
export interface Ballotted {
  readonly key: string
  /** Null where none of its runs was ok. */
  readonly result: number | null
  /** Above 0. */
  readonly weight: number
  readonly isMatch: boolean
}

/** What an author claims, in the unit of the results: null where its run was not ok, or its mean overflows. */
export function claimedBy({ key, scores }: Measurement, state: StateFacts, baselines: Baselines | null): number | null {
  const raw = mean(scores)
  if (!Number.isFinite(raw)) return null
  if (baselines === null) return raw
  // Every host's own baseline is the reference; an author without one is taken at it.
  return state.baseline ? baselines.reference : (baselines.adjust(key, raw) ?? raw)
}

/** A key's result in the unit in which those of others are compared with it; null where it cannot be compared. */
export function comparable(
  key: string,
  result: number | null,
  state: StateFacts,
  baselines: Baselines | null,
): number | null {
  if (result === null || baselines === null) return result
  // Every host's own baseline is the reference.
  if (state.baseline) return baselines.keys.has(key) ? baselines.reference : null
  return baselines.adjust(key, result)
}

/**
 * The votes that count on a claim, out of what keys say of its state: of every key but the author's, where it has a
 * weight and, in tasks compared by own baselines, a baseline of its own.
 */
export function ballotOf(
  task: TaskTerms,
  state: StateFacts,
  claim: Measurement,
  said: readonly Vote[],
  context: ClassContext,
): Ballot {
  const { baselines, noise, weigh } = context
  const claimed = claimedBy(claim, state, baselines) ?? Number.NaN
  const votes = said.flatMap((vote): Ballotted[] => {
    if (vote.key === claim.key) return []
    const weight = weigh(vote.key)
    if (weight === 0 || (baselines !== null && !baselines.keys.has(vote.key))) return []
    const own = resultOf(vote)
    if (own === null) return [{ key: vote.key, result: null, weight, isMatch: false }]
    if (task.replay.mode !== "noisy") {
      return [{ key: vote.key, result: own, weight, isMatch: replicatesMatch(task, claim, vote) }]
    }
    const result = comparable(vote.key, own, state, baselines)
    if (result === null) return []
    return [{ key: vote.key, result, weight, isMatch: isMatch(task, noise, claimed, result) }]
  })
  return { claim: claimed, votes }
}

/** Whether each replicate that a key reran equals the claim's, within the manifest's tolerances. */
function replicatesMatch(task: TaskTerms, claim: Measurement, { scores }: Vote): boolean {
  return [...scores].every(([number, score]) => {
    const claimed = claim.scores[number] ?? mean(claim.scores)
    return Math.abs(score - claimed) <= tolerance(task, claimed)
  })
}
