import type { ExperimentVerdict, StateFacts, StateVerdict, TaskTerms } from "@spore/records"
import { claimsOnly, type Pool, type Verdicts } from "../src/index.ts"

/** Verdicts that depend on reruns, for tests of the graph: a majority of other keys decides, two promote. */
export const votingVerdicts: Verdicts = {
  policy: "test/1",
  scope: (task) => (task.replay.mode === "noisy" ? "class" : "state"),
  judge: (task, states) => {
    const claims = claimsOnly.judge(task, states)
    return states.map((state, i): StateVerdict => {
      const reruns = state.measurements.filter((m) => m.kind !== "experiment" && m.scores.length > 0)
      const experiments = new Map<string, ExperimentVerdict>()
      let reproducedBy = 0
      for (const claim of state.measurements.filter((m) => m.kind === "experiment")) {
        const votes = reruns.filter((m) => m.key !== claim.key)
        const agreeing = new Set(votes.filter((m) => m.scores[0] === claim.scores[0]).map((m) => m.key)).size
        const others = new Set(votes.map((m) => m.key)).size
        reproducedBy = Math.max(reproducedBy, agreeing)
        const isRefuted = others >= 2 && agreeing === 0
        const verdict = isRefuted ? "refuted" : "unverified"
        experiments.set(claim.id, { state: verdict, agreeing, voters: others, explanation: `${agreeing}/${others}` })
      }
      const value = claims[i]?.value ?? null
      return { value, basis: String(reproducedBy), error: null, noise: null, experiments }
    })
  },
  promotes: (task, state, ancestor) =>
    Number(state.basis) >= 2 &&
    state.value !== null &&
    ancestor.value !== null &&
    (task.metric.goal === "minimize" ? state.value < ancestor.value : state.value > ancestor.value),
  separates: (_task, better, other) => better.value !== other.value,
}

/** The same, with a noise that is the number of measurements of the class in tens: it seldom changes. */
export const poolingVerdicts: Verdicts = {
  ...votingVerdicts,
  policy: "pooling/1",
  scope: () => "class",
  judge: (task, states) => states.map(poolOf(task, states).judge),
  pool: poolOf,
}

function poolOf(task: TaskTerms, states: readonly StateFacts[]): Pool {
  const measured = states.filter(({ measurements, baseline }) => baseline || measurements.length > 1)
  const sd = Math.floor(measured.flatMap(({ measurements }) => measurements).length / 10)
  return {
    mark: String(sd),
    judge: (state) => {
      const [verdict] = votingVerdicts.judge(task, [state])
      if (verdict === undefined) throw new Error("one state, one verdict")
      return { ...verdict, noise: state.measurements.length === 1 ? null : { sd, df: 9 } }
    },
  }
}
