import type { TaskTerms } from "@spore/records"
import type { Ballot } from "./ballot.ts"
import type { ClassContext } from "./class-context.ts"
import { tStatistic, weightedMedian } from "./compare.ts"
import { type Decision, isMost, weights } from "./decide-exact.ts"
import { quantilesAt } from "./student-t.ts"

/**
 * The verdict in noisy replay: docs/spec/07-derived-state.md, 7.4.3. What does not run where the baseline does needs no
 * noise to be refuted. There is at least one vote.
 */
export function decideNoisy(
  task: TaskTerms,
  { claim, votes }: Ballot,
  { noise, quorum }: ClassContext,
  challenged: boolean,
): Decision {
  const [all, matching] = weights(votes)
  const failing = votes.reduce((sum, { result, weight }) => (result === null ? sum + weight : sum), 0)
  if (isMost(failing, all, quorum)) return { state: "refuted", t: null }
  const quantiles = noise === null ? null : quantilesAt(noise.df)
  if (noise === null || quantiles === null) return { state: "uncalibrated", t: null }
  const worst = task.metric.goal === "minimize" ? Infinity : -Infinity
  const rerun = weightedMedian(votes.map(({ result, weight }) => ({ value: result ?? worst, weight })))
  const t = tStatistic(task, noise, claim, rerun, all)
  if (isMost(all - matching, all, quorum)) return { state: "refuted", t }
  if (t <= quantiles.t99) return { state: challenged && all >= quorum ? "upheld" : "reproduced", t }
  if (t <= quantiles.t999) return { state: "regressed", t }
  return { state: challenged ? "challenged" : "suspect", t }
}
