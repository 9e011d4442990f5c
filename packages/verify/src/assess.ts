import {
  type ChallengeFact,
  type ExperimentVerdict,
  type Measurement,
  mean,
  median,
  type StateFacts,
  type StateVerdict,
  type TaskTerms,
} from "@spore/records"
import { type Ballot, ballotOf } from "./ballot.ts"
import type { ClassContext } from "./class-context.ts"
import { medianVariance, weightedMedian, worse } from "./compare.ts"
import { type Decision, decideExact } from "./decide-exact.ts"
import { decideNoisy } from "./decide-noisy.ts"
import { explain } from "./explain.ts"
import { writeBasis } from "./promotion.ts"
import { resultOf, votesOf } from "./votes.ts"

/**
 * From the facts about a code state to its value with standard error, and to a verdict with its explanation on each
 * claim (docs/spec/07-derived-state.md, 7.3 and 7.4). Pure: the same facts and context give the same answer anywhere.
 *
 * @param context of the state's class: `classContext` over its measured states
 */
export function assess(state: StateFacts, task: TaskTerms, context: ClassContext): StateVerdict {
  const claims = state.measurements.filter(({ kind }) => kind === "experiment")
  const judged = claims.map((claim) => judgeClaim(task, state, claim, context))
  const rerun = rerunOf(state, claims, context)
  const noise = rerun === null ? null : context.noise
  const basis = { matching: Math.max(0, ...judged.map(({ matchingWeight }) => matchingWeight)), noise }
  return {
    value: valueOf(task, claims, rerun, context),
    error: rerun === null || noise === null ? null : noise.sd * Math.sqrt(medianVariance(rerun.weight)),
    noise,
    reproducedBy: Math.max(0, ...judged.map(({ matching }) => matching)),
    voters: Math.max(0, ...judged.map(({ voters }) => voters)),
    basis: rerun === null ? null : writeBasis({ ...basis, rerun: rerun.median, weight: rerun.weight }),
    experiments: new Map(claims.map(({ id }, i) => [id, judged[i]?.verdict ?? UNVERIFIED])),
  }
}

/** What the eligible keys' reruns of a state come to. */
interface Rerun {
  /** Median of their results, in the units of the reference baseline where there is one. */
  readonly median: number
  /** Of the keys with a result. */
  readonly weight: number
}

/**
 * Eligible are all keys but the author; where several authors claim a state, each is a rerun of the others. Null where
 * none has a result.
 */
function rerunOf(state: StateFacts, claims: readonly Measurement[], context: ClassContext): Rerun | null {
  const authors = new Set(claims.filter(({ scores }) => scores.length > 0).map(({ key }) => key))
  const eligible = state.measurements.filter(({ key }) => !authors.has(key) || authors.size > 1)
  const results = votesOf(eligible).flatMap((vote) => {
    const value = comparable(vote.key, resultOf(vote), state, context)
    const weight = context.weigh(vote.key)
    return value === null || weight === 0 ? [] : [{ value, weight }]
  })
  if (results.length === 0) return null
  return {
    median: weightedMedian(results),
    weight: results.reduce((sum, { weight }) => sum + weight, 0),
  }
}

/** A result in the units in which those of other keys are compared with it; null where it cannot be compared. */
function comparable(key: string, result: number | null, state: StateFacts, { baselines }: ClassContext): number | null {
  if (result === null || baselines === null) return result
  // Every host's own baseline is the reference.
  if (state.baseline) return baselines.keys.has(key) ? baselines.reference : null
  return baselines.adjust(key, result)
}

/** The claim, or with reruns their median, but never better than the claim. */
function valueOf(
  task: TaskTerms,
  claims: readonly Measurement[],
  rerun: Rerun | null,
  { baselines }: ClassContext,
): number | null {
  const claimed = claims.filter(({ scores }) => scores.length > 0)
  if (claimed.length === 0) return null
  if (rerun === null) return median(claimed.map(({ scores }) => mean(scores)))
  const claim = median(claimed.map(({ key, scores }) => baselines?.adjust(key, mean(scores)) ?? mean(scores)))
  return worse(task, claim, rerun.median)
}

interface Judged {
  readonly verdict: ExperimentVerdict
  readonly voters: number
  readonly matching: number
  readonly matchingWeight: number
}

const UNVERIFIED: ExperimentVerdict = { state: "unverified", explanation: "No other key has rerun it yet." }

function judgeClaim(task: TaskTerms, state: StateFacts, claim: Measurement, context: ClassContext): Judged {
  if (claim.outcome !== "ok") {
    const explanation = "Its own run was not ok, so there is no claim to verify."
    return { verdict: { state: "unverified", explanation }, voters: 0, matching: 0, matchingWeight: 0 }
  }
  const ballot = ballotOf(task, state, claim, state.measurements, context)
  if (ballot.votes.length === 0) {
    return { verdict: unverified(state, claim, context), voters: 0, matching: 0, matchingWeight: 0 }
  }
  const decision = decide(task, ballot, context, isChallenged(task, state, claim, context))
  const matching = ballot.votes.filter(({ isMatch }) => isMatch)
  return {
    verdict: { state: decision.state, explanation: explain(task, state, ballot, decision, context) },
    voters: ballot.votes.length,
    matching: matching.length,
    matchingWeight: matching.reduce((sum, { weight }) => sum + weight, 0),
  }
}

function unverified(state: StateFacts, claim: Measurement, { baselines }: ClassContext): ExperimentVerdict {
  const others = new Set(state.measurements.filter(({ key }) => key !== claim.key).map(({ key }) => key))
  if (others.size === 0 || baselines === null) return UNVERIFIED
  const explanation = "The keys that reran it have not run the baseline in this class, so they cannot be compared."
  return { state: "unverified", explanation }
}

function isChallenged(task: TaskTerms, state: StateFacts, claim: Measurement, context: ClassContext): boolean {
  return state.challenges.some((challenge) => isActing(task, state, claim, challenge, context))
}

/** Whether a challenge counts: where the reruns that it links to speak against the claim by themselves. */
export function isActing(
  task: TaskTerms,
  state: StateFacts,
  claim: Measurement,
  { experiment, evidence }: ChallengeFact,
  context: ClassContext,
): boolean {
  if (experiment !== claim.id) return false
  const named = new Set(evidence)
  const reruns = state.measurements.filter(({ id, kind }) => kind !== "experiment" && named.has(id))
  const ballot = ballotOf(task, state, claim, reruns, context)
  if (ballot.votes.length === 0) return false
  const alone = decide(task, ballot, context, false).state
  return alone === "suspect" || alone === "refuted"
}

function decide(task: TaskTerms, ballot: Ballot, context: ClassContext, challenged: boolean): Decision {
  return task.replay.mode === "noisy"
    ? decideNoisy(task, ballot, context, challenged)
    : decideExact(ballot, context, challenged)
}
