import type { StateFacts, TaskTerms } from "@spore/records"
import type { Ballot } from "./ballot.ts"
import type { ClassContext } from "./class-context.ts"
import { medianVariance, weightedMedian } from "./compare.ts"
import type { Decision } from "./decide-exact.ts"
import { MIN_FREEDOM, quantilesAt } from "./student-t.ts"

/** Results named one by one, at most. */
const NAMED = 5

/** A verdict in one sentence for people: who reran, what they got, and what decided. */
export function explain(
  task: TaskTerms,
  state: StateFacts,
  ballot: Ballot,
  decision: Decision,
  context: ClassContext,
): string {
  const place = state.class === "" ? "" : ` on ${state.class}`
  const reran = `${keys(ballot.votes.length)} reran it${place}: ${reading(task, ballot, context)}`
  return `${reran}; ${reason(task, ballot, decision, context)}.`
}

/** What the reruns gave, against the claim. */
function reading({ metric, replay }: TaskTerms, { claim, votes }: Ballot, { noise, baselines }: ClassContext): string {
  const scored = votes.flatMap(({ result, weight }) => (result === null ? [] : [{ value: result, weight }]))
  const failed = votes.length - scored.length
  const failures = failed === 0 ? "" : scored.length === 0 ? "no score" : ` and ${failed} without a score`
  const against = `${failures} against the claim ${digits(claim)}`
  const unit =
    baselines === null ? "" : `, each moved from its key's own baseline to the median, ${digits(baselines.reference)}`
  if (scored.length === 0) return `${metric.name} ${against.trim()}`
  if (replay.mode === "noisy" && noise !== null) {
    const weight = scored.reduce((sum, vote) => sum + vote.weight, 0)
    const error = noise.sd * Math.sqrt(medianVariance(weight))
    return `${metric.name} ${plusMinus(weightedMedian(scored), error)}${against}${unit}`
  }
  const named = scored.slice(0, NAMED).map(({ value }) => digits(value))
  const more = scored.length > NAMED ? ", …" : ""
  return `${metric.name} ${[...new Set(named)].join(", ")}${more}${against}${unit}`
}

function reason(task: TaskTerms, { votes }: Ballot, { state, t }: Decision, { noise, df }: ClassContext): string {
  const matching = votes.filter(({ isMatch }) => isMatch).length
  if (state === "unverified") return state
  if (state === "uncalibrated") return `the noise of this class is known from ${df} of ${MIN_FREEDOM} comparisons`
  if (task.replay.mode !== "noisy" || t === null) return agreement(state, matching, votes.length)
  const quantiles = noise === null ? null : quantilesAt(noise.df)
  if (noise === null || quantiles === null) return state
  const scale = `noise ${digits(noise.sd)}, ${noise.df} df`
  const size = Number.isFinite(t) ? `${t.toFixed(1)} standard errors worse` : "worse beyond any noise"
  switch (state) {
    case "reproduced":
    case "upheld":
      if (t === 0) return `${state}: not worse than the task tolerates (${scale})`
      return `${state}: ${size}, within ${quantiles.t99.toFixed(1)} (${scale})`
    case "regressed":
      return `regressed, without blame: ${size}, above ${quantiles.t99.toFixed(1)} (${scale})`
    case "refuted":
      return `refuted: ${votes.length - matching} of ${votes.length} are worse than chance explains (${scale})`
    case "suspect":
    case "challenged":
      return `${state}: ${size}, above ${quantiles.t999.toFixed(1)} (${scale}); more keys must rerun it`
  }
}

function agreement(state: Decision["state"], matching: number, voters: number): string {
  const count = `${matching} of ${voters} ${matching === 1 ? "agrees" : "agree"}`
  return state === "suspect" || state === "challenged"
    ? `${state}: ${count}; more keys must rerun it`
    : `${state}: ${count}`
}

function keys(count: number): string {
  return count === 1 ? "1 key" : `${count} keys`
}

function digits(value: number): string {
  return String(Number(value.toPrecision(6)))
}

/** Both to the second digit of the error. */
function plusMinus(value: number, error: number): string {
  if (error === 0) return `${digits(value)} ± 0`
  const decimals = Math.min(20, Math.max(0, 1 - Math.floor(Math.log10(error))))
  return `${value.toFixed(decimals)} ± ${error.toFixed(decimals)}`
}
