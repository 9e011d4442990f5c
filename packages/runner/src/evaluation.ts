import type { CID, Outcome, TaskBody } from "@spore/records"

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

/** What an evaluation gave. `infra` and `aborted` are no statement about the candidate and are never published. */
export interface EvaluationResult {
  outcome: Outcome | "infra" | "aborted"
  /** One line for people: why it is not ok, empty where it is. */
  detail: string
  /** One per replicate; empty unless the outcome is `ok`. */
  scores: number[]
  /** The evaluator's public metrics, at most 64, averaged over the replicates. */
  metrics: Record<string, number>
  /** What the evaluator says to the proposer of the next candidate, at most 16 KiB. */
  feedback: string
  /** Wall seconds of all replicates. */
  seconds: number
  /** Training steps of one replicate, the largest number seen; null where the task counts none. */
  steps: number | null
  peakMemoryMb: number | null
  /** The output's tail, at most 64 KiB. */
  log: string
}
