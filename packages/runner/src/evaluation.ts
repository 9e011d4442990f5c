import type { CID, Outcome, TaskBody } from "@spore/records"
import type { MissingDependency } from "./missing-dependency.ts"
import type { Judge } from "./task-package/manifest.ts"

/** One replicate to run: its number and the seed that belongs to it. */
export interface Replicate {
  number: number
  seed: number
}

/** A candidate of a task to be judged. */
export interface EvaluationJob {
  task: TaskBody
  /** The candidate. */
  code: CID
  /** At least one. */
  replicates: readonly Replicate[]
  /** In artifact replay: what a run of the candidate left, to be scored instead of running the candidate again. */
  object?: CID
  /** Whether the Python environment that the task asks for may be prepared, with network, where it is missing. */
  mayPrepare?: boolean
}

/** How far an evaluation is, read from the evaluator's output lines. */
export interface EvaluationProgress {
  /** 0 to 1, over all replicates. */
  fraction: number
  loss: number | null
  remainingSeconds: number | null
}

export interface EvaluationOptions {
  signal?: AbortSignal
  onProgress?: (progress: EvaluationProgress) => void
  onLine?: (line: string) => void
}

/**
 * How an evaluation ended. `oom` and `limit` are crashes whose reason is known. `infra` and `aborted` are no statement
 * about the candidate and are never published.
 */
export type EvaluationOutcome = Outcome | "oom" | "limit" | "infra" | "aborted"

/** What an evaluation gave. */
export interface EvaluationResult {
  outcome: EvaluationOutcome
  /** One line for people: why it is not ok, empty where it is. */
  detail: string
  /** One per replicate; empty unless the outcome is `ok`. */
  scores: number[]
  /** The evaluator's public metrics, at most 64, averaged over the replicates. */
  metrics: Record<string, number>
  /** What the evaluator says to the proposer of the next candidate, at most 16 KiB. */
  feedback: string
  /** What the machine seems to lack, where the evaluation failed for it: then its baseline may fail here as well. */
  missing: MissingDependency | null
  /** In artifact replay what the candidate left, by replicate number; null elsewhere, and for solutions. */
  object: CID | null
  /** Whether the candidate ran apart from what judged it: `shared` results are the weaker ones. */
  judge: Judge
  /** Wall seconds of all replicates. */
  seconds: number
  /** Processor seconds of all replicates; null where the sandbox does not count them. */
  cpuSeconds: number | null
  /** Training steps of one replicate, the largest number seen; null where the task counts none. */
  steps: number | null
  peakMemoryMb: number | null
  /** The output's tail, at most 64 KiB. */
  log: string
}
