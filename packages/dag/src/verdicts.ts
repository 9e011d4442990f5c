import {
  type ExperimentVerdict,
  mean,
  median,
  type StateFacts,
  type StateSummary,
  type StateVerdict,
  type TaskTerms,
} from "@spore/records"

/** The port through which verdicts on claims enter the graph. Implementations are pure. */
export interface Verdicts {
  /** Names the policy, as the digest of derived state carries it. */
  readonly policy: string
  /**
   * What a state is judged by: its own facts, or besides them those of the measured states of its class, as where
   * noise is pooled. A state is measured when more than one run of it is known, or when it is a baseline; one that is
   * not measured is judged alike whatever others are given.
   */
  scope(task: TaskTerms): "state" | "class"
  /**
   * Judges states of one task and class; the answer is in the same order. A verdict other than `unverified` has voters.
   */
  judge(task: TaskTerms, states: readonly StateFacts[]): readonly StateVerdict[]
  /**
   * The same in two steps, for classes of many states: reads from the measured ones what all are judged by. Left out,
   * every measured state is judged anew whenever one of them changes.
   */
  pool?(task: TaskTerms, measured: readonly StateFacts[]): Pool
  /**
   * Whether reruns alone show `state` better than `ancestor`, its nearest promoted one. Asked only about states that
   * have voters and a better value.
   */
  promotes(task: TaskTerms, state: StateSummary, ancestor: StateSummary): boolean
  /** Whether the reruns of two promoted states, or of one and a baseline, tell them apart. */
  separates(task: TaskTerms, better: StateSummary, other: StateSummary): boolean
}

/** What the states of a class are judged by, besides their own facts. */
export interface Pool {
  /** Another wherever a state whose facts are the same may be judged otherwise. */
  readonly mark: string
  judge(state: StateFacts): StateVerdict
}

const UNCOUNTED: ExperimentVerdict = {
  state: "unverified",
  agreeing: 0,
  voters: 0,
  explanation: "No reruns are counted.",
}

/** The verdicts of a network without reruns: every claim stands as it was made, nothing is promoted. */
export const claimsOnly: Verdicts = {
  policy: "claims/1",
  scope: () => "state",
  judge: (_task, states) =>
    states.map((state) => {
      const own = state.measurements.filter((m) => m.kind === "experiment")
      const means = own.filter((m) => m.scores.length > 0).map((m) => mean(m.scores))
      return {
        value: means.length === 0 ? null : median(means),
        basis: null,
        error: null,
        noise: null,
        experiments: new Map(own.map((m) => [m.id, UNCOUNTED])),
      }
    }),
  promotes: () => false,
  separates: () => true,
}
