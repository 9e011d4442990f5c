import { type Measurement, mean, type StateFacts, type TaskTerms } from "@spore/records"
import type { ClassContext } from "./class-context.ts"
import { isMatch, tolerance } from "./compare.ts"
import { resultOf, type Vote, votesOf } from "./votes.ts"

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

/**
 * The votes that `measurements` are on a claim: of every key but the author's, where it has a weight and, in tasks
 * compared by own baselines, a baseline of its own.
 */
export function ballotOf(
  task: TaskTerms,
  state: StateFacts,
  claim: Measurement,
  measurements: readonly Measurement[],
  context: ClassContext,
): Ballot {
  const { baselines, noise, weigh } = context
  const raw = mean(claim.scores)
  // An author without a baseline of its own is taken at the reference.
  const claimed =
    baselines === null ? raw : state.baseline ? baselines.reference : (baselines.adjust(claim.key, raw) ?? raw)
  const votes = votesOf(measurements.filter(({ key }) => key !== claim.key)).flatMap((vote): Ballotted[] => {
    const weight = weigh(vote.key)
    if (weight === 0 || (baselines !== null && !baselines.keys.has(vote.key))) return []
    const own = resultOf(vote)
    if (own === null) return [{ key: vote.key, result: null, weight, isMatch: false }]
    if (task.replay.mode !== "noisy") {
      return [{ key: vote.key, result: own, weight, isMatch: replicatesMatch(task, claim, vote) }]
    }
    const result = baselines === null ? own : state.baseline ? baselines.reference : baselines.adjust(vote.key, own)
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
