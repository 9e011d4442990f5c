import { mean, median, type StateFacts, type StateVerdict, type TaskBody } from "@spore/records"

/** The port through which verdicts on claims enter the graph. Implementations are pure. */
export interface Verdicts {
  /** Names the policy, as the digest of derived state carries it. */
  readonly policy: string
  /** Judges all measured states of one task and class; the answer is in the same order. */
  judge(task: TaskBody, states: readonly StateFacts[]): readonly StateVerdict[]
  /** Whether reruns alone show `state` better than `ancestor`, its nearest promoted one. */
  promotes(task: TaskBody, state: StateVerdict, ancestor: StateVerdict): boolean
}

/** The verdicts of a network without reruns: every claim stands as it was made, nothing is promoted. */
export const claimsOnly: Verdicts = {
  policy: "claims/1",
  judge: (_task, states) =>
    states.map((state) => {
      const own = state.measurements.filter((m) => m.kind === "experiment")
      const means = own.filter((m) => m.scores.length > 0).map((m) => mean(m.scores))
      return {
        value: means.length === 0 ? null : median(means),
        reproducedBy: 0,
        voters: 0,
        experiments: new Map(own.map((m) => [m.id, { state: "unverified", explanation: "No reruns are counted." }])),
      }
    }),
  promotes: () => false,
}
