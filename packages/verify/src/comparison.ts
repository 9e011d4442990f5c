import type { Noise, StateFacts, TaskTerms } from "@spore/records"
import { evidenceOf, isActing } from "./assess.ts"
import { ballotOf, claimedBy } from "./ballot.ts"
import { baselinesOf } from "./baselines.ts"
import type { ClassContext } from "./class-context.ts"
import { agreementBand, gainOf, inDeviations } from "./compare.ts"
import { openTrust } from "./trust.ts"
import { resultOf, votesOf } from "./votes.ts"

/** A claim beside what each key found on its code state, under the shared policy. */
export interface ClaimComparison {
  /** In the units of the reference baseline, as the results are, where keys are compared by their own baselines. */
  readonly claim: number | null
  readonly ownBaseline: boolean
  /** The values that agree with the claim, inclusive; null while the noise of the class is not known. */
  readonly band: { readonly low: number; readonly high: number } | null
  /** By key, the claim's author among them where it reran its own code. */
  readonly results: readonly ComparedResult[]
  /** Ids of the challenges whose own evidence speaks against the claim; no others change a verdict. */
  readonly actingChallenges: readonly string[]
}

/** What one key found. */
export interface ComparedResult {
  readonly key: string
  /** Null where none of its runs was ok. */
  readonly result: number | null
  /** As measured, in the order of replicate numbers. */
  readonly scores: readonly number[]
  /** `agrees`, `differs` and `unjudged` are votes, the last while the noise is not known; the others have none. */
  readonly stance: "agrees" | "differs" | "unjudged" | "author" | "no_baseline"
  /** How far it is worse than the claim, in standard deviations of a difference of two results; null without noise. */
  readonly residual: number | null
}

export interface ComparisonInit {
  /** Id of the experiment whose claim it is. */
  readonly experiment: string
  /** Its code state. */
  readonly state: StateFacts
  /** The baseline of its class, where that is another state and known. */
  readonly baseline: StateFacts | undefined
  /** The noise that the state was judged by. */
  readonly noise: Noise | null
}

/** What a verdict was made of, result by result, for showing it. Pure. */
export function compareClaim(task: TaskTerms, { experiment, state, baseline, noise }: ComparisonInit): ClaimComparison {
  const states = baseline === undefined ? [state] : [state, baseline]
  const baselines = task.replay.mode === "noisy" ? baselinesOf(task, states, () => 1) : null
  const context: ClassContext = { noise, df: noise?.df ?? 0, baselines, weigh: () => 1, quorum: openTrust.quorum }
  const claim = state.measurements.find(({ id, kind }) => id === experiment && kind === "experiment")
  if (claim === undefined || claimedBy(claim, state, null) === null) {
    return { claim: null, ownBaseline: baselines !== null, band: null, results: [], actingChallenges: [] }
  }
  const ballot = ballotOf(task, state, claim, votesOf(state.measurements), context)
  const votes = new Map(ballot.votes.map((vote) => [vote.key, vote]))
  const own = state.measurements.filter(({ id }) => id !== claim.id)
  const results = votesOf(own).map((vote): ComparedResult => {
    const { key } = vote
    const found = votes.get(key)
    const scores = [...vote.scores.values()]
    if (found === undefined) {
      const stance = key === claim.key ? "author" : "no_baseline"
      return { key, result: resultOf(vote), scores, stance, residual: null }
    }
    const { result, isMatch } = found
    const isUnjudged = task.replay.mode === "noisy" && noise === null && result !== null
    const residual = result === null ? null : inDeviations(noise, -gainOf(task, result, ballot.claim))
    return { key, result, scores, stance: isUnjudged ? "unjudged" : isMatch ? "agrees" : "differs", residual }
  })
  const evidence = evidenceOf(state)
  return {
    claim: ballot.claim,
    ownBaseline: baselines !== null,
    band: agreementBand(task, noise, ballot.claim),
    results,
    actingChallenges: state.challenges
      .filter((challenge) => isActing(task, state, claim, challenge, evidence, context))
      .map(({ id }) => id),
  }
}
