import {
  type ChallengeFact,
  type ExperimentVerdict,
  type Measurement,
  median,
  type StateFacts,
  type StateVerdict,
  type TaskTerms,
} from "@spore/records"
import { type Ballot, ballotOf, claimedBy, comparable } from "./ballot.ts"
import type { ClassContext } from "./class-context.ts"
import { medianVariance, weightedMedian, worse } from "./compare.ts"
import { type Decision, decideExact } from "./decide-exact.ts"
import { decideNoisy } from "./decide-noisy.ts"
import { explain } from "./explain.ts"
import { writeBasis } from "./promotion.ts"
import { resultOf, type Vote, votesOf } from "./votes.ts"

/**
 * From the facts about a code state to its value with standard error, and to a verdict with its explanation on each
 * claim (docs/spec/07-derived-state.md, 7.3 and 7.4). Pure: the same facts and context give the same answer anywhere.
 *
 * @param context of the state's class: `classContext` over its measured states
 */
export function assess(state: StateFacts, task: TaskTerms, context: ClassContext): StateVerdict {
  const claims = state.measurements.filter(({ kind }) => kind === "experiment")
  // Of one state there may be many claims, and of each many votes.
  const said = votesOf(state.measurements)
  const evidence = evidenceOf(state)
  const judged = claims.map((claim) => judgeClaim(task, state, claim, said, evidence, context))
  const rerun = rerunOf(state, claims, said, context)
  const noise = rerun === null ? null : context.noise
  const basis = { matching: Math.max(0, ...judged.map(({ matchingWeight }) => matchingWeight)), noise }
  return {
    value: valueOf(task, state, claims, rerun, context),
    error: rerun === null || noise === null ? null : noise.sd * Math.sqrt(medianVariance(rerun.weight)),
    noise,
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
function rerunOf(
  state: StateFacts,
  claims: readonly Measurement[],
  said: readonly Vote[],
  { baselines, weigh }: ClassContext,
): Rerun | null {
  const authors = new Set(claims.filter(({ scores }) => scores.length > 0).map(({ key }) => key))
  const eligible = said.filter(({ key }) => !authors.has(key) || authors.size > 1)
  const results = eligible.flatMap((vote) => {
    const value = comparable(vote.key, resultOf(vote), state, baselines)
    const weight = weigh(vote.key)
    return value === null || weight === 0 ? [] : [{ value, weight }]
  })
  if (results.length === 0) return null
  return {
    median: weightedMedian(results),
    weight: results.reduce((sum, { weight }) => sum + weight, 0),
  }
}

/** The claim, or with reruns their median, but never better than the claim. */
function valueOf(
  task: TaskTerms,
  state: StateFacts,
  claims: readonly Measurement[],
  rerun: Rerun | null,
  { baselines }: ClassContext,
): number | null {
  // As they were made while there is nothing to compare them with.
  const unit = rerun === null ? null : baselines
  const claimed = claims.flatMap((claim) => claimedBy(claim, state, unit) ?? [])
  if (claimed.length === 0) return null
  return rerun === null ? median(claimed) : worse(task, median(claimed), rerun.median)
}

interface Judged {
  readonly verdict: ExperimentVerdict
  readonly matchingWeight: number
}

const UNVERIFIED: ExperimentVerdict = unverifiedBecause("No other key has rerun it yet.")

function unverifiedBecause(explanation: string): ExperimentVerdict {
  return { state: "unverified", agreeing: 0, voters: 0, explanation }
}

function judgeClaim(
  task: TaskTerms,
  state: StateFacts,
  claim: Measurement,
  said: readonly Vote[],
  evidence: Evidence,
  context: ClassContext,
): Judged {
  if (claimedBy(claim, state, null) === null) {
    return { verdict: unverifiedBecause("Its own run was not ok, so there is no claim to verify."), matchingWeight: 0 }
  }
  const ballot = ballotOf(task, state, claim, said, context)
  if (ballot.votes.length === 0) return { verdict: unverified(state, claim, context), matchingWeight: 0 }
  const isChallenged = state.challenges.some((one) => isActing(task, state, claim, one, evidence, context))
  const decision = decide(task, ballot, context, isChallenged)
  const matching = ballot.votes.filter(({ isMatch }) => isMatch)
  return {
    verdict: {
      state: decision.state,
      agreeing: matching.length,
      voters: ballot.votes.length,
      explanation: explain(task, state, ballot, decision, context),
    },
    matchingWeight: matching.reduce((sum, { weight }) => sum + weight, 0),
  }
}

function unverified(state: StateFacts, claim: Measurement, { baselines }: ClassContext): ExperimentVerdict {
  const others = new Set(state.measurements.filter(({ key }) => key !== claim.key).map(({ key }) => key))
  if (others.size === 0 || baselines === null) return UNVERIFIED
  return unverifiedBecause(
    "The keys that reran it have not run the baseline in this class, so they cannot be compared.",
  )
}

/** What challenges may link to: the reruns of a state, by id. */
export type Evidence = ReadonlyMap<string, Measurement>

export function evidenceOf({ measurements }: StateFacts): Evidence {
  return new Map(measurements.filter(({ kind }) => kind !== "experiment").map((rerun) => [rerun.id, rerun]))
}

/** Whether a challenge counts: where the reruns that it links to speak against the claim by themselves. */
export function isActing(
  task: TaskTerms,
  state: StateFacts,
  claim: Measurement,
  challenge: ChallengeFact,
  evidence: Evidence,
  context: ClassContext,
): boolean {
  if (challenge.experiment !== claim.id) return false
  const named = [...new Set(challenge.evidence)].toSorted().flatMap((id) => evidence.get(id) ?? [])
  const ballot = ballotOf(task, state, claim, votesOf(named), context)
  if (ballot.votes.length === 0) return false
  const alone = decide(task, ballot, context, false).state
  return alone === "suspect" || alone === "refuted"
}

function decide(task: TaskTerms, ballot: Ballot, context: ClassContext, challenged: boolean): Decision {
  return task.replay.mode === "noisy"
    ? decideNoisy(task, ballot, context, challenged)
    : decideExact(ballot, context, challenged)
}
