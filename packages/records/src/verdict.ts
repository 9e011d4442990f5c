import type { Outcome } from "./schema/run.ts"

/** What reruns say about an experiment's claim. */
export type VerdictState =
  | "unverified"
  | "uncalibrated"
  | "reproduced"
  | "regressed"
  | "suspect"
  | "challenged"
  | "upheld"
  | "refuted"

/** How an experiment stands among its class, derived; `withheld` where this node does not keep what it says. */
export type ExperimentStatus = "keep" | "discard" | "crash" | "unranked" | "withheld"

/** One run of a code state, by an experiment, a verification or a challenge response. */
export interface Measurement {
  /** Id of the record that reports it. */
  readonly id: string
  /** Node id of its author. */
  readonly key: string
  readonly kind: "experiment" | "verification" | "challenge_response"
  readonly outcome: Outcome
  /** One score per replicate number; empty unless the outcome is `ok`. */
  readonly scores: readonly number[]
  readonly replicates: readonly number[]
  /** The experiment rerun; for an experiment its own id. */
  readonly experiment: string
}

/** A challenge that names the experiments of a state. */
export interface ChallengeFact {
  readonly id: string
  readonly key: string
  readonly experiment: string
  readonly evidence: readonly string[]
}

/** Everything known of one code state: one code in one task and class. */
export interface StateFacts {
  /** CID of the code. */
  readonly code: string
  readonly class: string
  /** Whether it is the task's baseline: whether an experiment of it has no parent. */
  readonly baseline: boolean
  /** By id, ascending: sums run in this order, so that every node rounds alike. */
  readonly measurements: readonly Measurement[]
  readonly challenges: readonly ChallengeFact[]
}

/** What is kept of a judged state for comparing it with others. */
export interface StateSummary {
  /** The state's value in the task's metric; null where no run of it was ok. */
  readonly value: number | null
  /** What the policy wants to know of the state when it is asked about promotion, in a form of its own. */
  readonly basis: string | null
}

/** How far runs of the same code differ in a class. */
export interface Noise {
  /** Standard deviation of one key's result, in the metric's unit. */
  readonly sd: number
  /** Degrees of freedom of the estimate. */
  readonly df: number
}

/** What the facts of a state come to. */
export interface StateVerdict extends StateSummary {
  /** Standard error of the value; null where no key reran the state, or where the noise is not known. */
  readonly error: number | null
  /** The noise that it was judged by; null where noise is not measured, or not known yet. */
  readonly noise: Noise | null
  /** The verdict on each experiment of the state, by id. */
  readonly experiments: ReadonlyMap<string, ExperimentVerdict>
}

/** The verdict on one experiment's claim. */
export interface ExperimentVerdict {
  readonly state: VerdictState
  /** Keys whose runs agree with the claim, of all other keys that have a vote on it. */
  readonly agreeing: number
  readonly voters: number
  /** One sentence for people: numbers, keys, band. */
  readonly explanation: string
}
