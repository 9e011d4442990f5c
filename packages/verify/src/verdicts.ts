import {
  mean,
  median,
  type ExperimentVerdict,
  type Measurement,
  type StateFacts,
  type StateSummary,
  type StateVerdict,
  type TaskTerms,
  type VerdictState,
} from "@spore/records"
import { type Vote, votesOf } from "./votes.ts"

/** Keys that must have reproduced a state before it is promoted, or mismatched it before it is refuted. */
export const MIN_KEYS = 2
/** The share of all voters that must mismatch, to be exceeded. */
const REFUTING_SHARE = 2 / 3

/** Verdicts of the shared policy `open/1`: every key but the author's own votes, and every vote counts alike. */
export interface OpenVerdicts {
  readonly policy: "open/1"
  scope(task: TaskTerms): "state" | "class"
  judge(task: TaskTerms, states: readonly StateFacts[]): StateVerdict[]
  promotes(task: TaskTerms, state: StateSummary, ancestor: StateSummary): boolean
  separates(task: TaskTerms, better: StateSummary, other: StateSummary): boolean
}

/**
 * The shared policy. Exact and artifact replay are judged here; in noisy replay reruns are pooled into the value, and
 * the verdict stays `uncalibrated`: nothing is refuted or promoted without an estimate of the noise.
 */
export function createVerdicts(): OpenVerdicts {
  return {
    policy: "open/1",
    // Noise is pooled over a class.
    scope: (task) => (task.replay.mode === "noisy" ? "class" : "state"),
    judge: (task, states) => states.map((state) => judgeState(task, state)),
    promotes: (task, state, ancestor) => {
      if (task.replay.mode === "noisy" || state.reproducedBy < MIN_KEYS) return false
      if (state.value === null || ancestor.value === null) return false
      const gain = task.metric.goal === "minimize" ? ancestor.value - state.value : state.value - ancestor.value
      return gain > 0 && gain >= task.metric.minEffect
    },
    separates: (_task, better, other) => better.value !== other.value,
  }
}

function judgeState(task: TaskTerms, state: StateFacts): StateVerdict {
  const claims = state.measurements.filter((m) => m.kind === "experiment")
  const judged = claims.map((claim) => judgeClaim(task, state, claim))
  const experiments = new Map(claims.map((claim, i) => [claim.id, judged[i]?.verdict ?? UNVERIFIED]))
  return {
    value: stateValue(task, state, claims),
    reproducedBy: Math.max(0, ...judged.map((j) => j.matching)),
    voters: Math.max(0, ...judged.map((j) => j.voters)),
    basis: null,
    error: null,
    noise: null,
    experiments,
  }
}

/** The claim, or with reruns the median over keys of each key's mean; never better than the claim. */
function stateValue(task: TaskTerms, state: StateFacts, claims: readonly Measurement[]): number | null {
  const claimed = claims.filter((claim) => claim.scores.length > 0)
  if (claimed.length === 0) return null
  const claim = median(claimed.map((m) => mean(m.scores)))
  const authors = new Set(claimed.map((m) => m.key))
  // Where several authors claim one state, each is a rerun of the others' claim.
  const eligible = state.measurements.filter((m) => !authors.has(m.key) || authors.size > 1)
  const means = votesOf(eligible)
    .filter((vote) => vote.scores.size > 0)
    .map((vote) => mean([...vote.scores.values()]))
  if (means.length === 0) return claim
  const rerun = median(means)
  return task.metric.goal === "minimize" ? Math.max(claim, rerun) : Math.min(claim, rerun)
}

interface Judged {
  readonly verdict: ExperimentVerdict
  readonly matching: number
  readonly voters: number
}

const UNVERIFIED: ExperimentVerdict = { state: "unverified", explanation: "No other key has rerun it yet." }

function judgeClaim(task: TaskTerms, state: StateFacts, claim: Measurement): Judged {
  if (claim.outcome !== "ok") {
    const explanation = "Its own run was not ok, so there is no claim to verify."
    return { verdict: { state: "unverified", explanation }, matching: 0, voters: 0 }
  }
  const votes = votesOf(state.measurements.filter((m) => m.key !== claim.key))
  if (votes.length === 0) return { verdict: UNVERIFIED, matching: 0, voters: 0 }
  if (task.replay.mode === "noisy") {
    const explanation = `Rerun by ${keys(votes.length)}; the noise of this class is not estimated yet.`
    return { verdict: { state: "uncalibrated", explanation }, matching: 0, voters: votes.length }
  }
  const matching = votes.filter((vote) => matches(task, claim, vote)).length
  const challenged = state.challenges.some(({ experiment }) => experiment === claim.id)
  return {
    verdict: verdictOf(task, claim, votes, matching, challenged),
    matching,
    voters: votes.length,
  }
}

/** Whether each replicate a key reran equals the claim's, within the manifest's tolerances. */
function matches({ replay }: TaskTerms, claim: Measurement, vote: Vote): boolean {
  if (vote.scores.size === 0) return false
  return [...vote.scores].every(([number, score]) => {
    const claimed = claim.scores[number] ?? mean(claim.scores)
    return Math.abs(score - claimed) <= Math.max(replay.absTol, replay.relTol * Math.abs(claimed))
  })
}

function verdictOf(
  task: TaskTerms,
  claim: Measurement,
  votes: readonly Vote[],
  matching: number,
  challenged: boolean,
): ExperimentVerdict {
  const mismatching = votes.length - matching
  const reproduced = `Reproduced by ${matching} of ${keys(votes.length)}`
  if (mismatching >= MIN_KEYS && mismatching > REFUTING_SHARE * votes.length) {
    const explanation = `${mismatching} of ${keys(votes.length)} disagree with the claim: ${reading(task, claim, votes)}.`
    return { state: "refuted", explanation }
  }
  if (mismatching === 0) {
    const state: VerdictState = challenged && matching >= MIN_KEYS ? "upheld" : "reproduced"
    return { state, explanation: `${reproduced}.` }
  }
  if (matching >= MIN_KEYS && matching > REFUTING_SHARE * votes.length) {
    return { state: challenged ? "upheld" : "reproduced", explanation: `${reproduced}; ${mismatching} disagree.` }
  }
  return {
    state: challenged ? "challenged" : "suspect",
    explanation: `${mismatching} of ${keys(votes.length)} got something else: ${reading(task, claim, votes)}.`,
  }
}

function reading({ metric }: TaskTerms, claim: Measurement, votes: readonly Vote[]): string {
  const reruns = votes.map(({ scores }) => (scores.size === 0 ? "no score" : digits(mean([...scores.values()]))))
  return `claimed ${metric.name} ${digits(mean(claim.scores))}, rerun ${reruns.slice(0, 5).join(", ")}`
}

function keys(count: number): string {
  return count === 1 ? "1 key" : `${count} keys`
}

function digits(value: number): string {
  return String(Number(value.toPrecision(6)))
}
