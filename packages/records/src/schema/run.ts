import { z } from "zod"
import { boundedMap, finite, nonNegative, text, uint } from "./fields.ts"

/** How a run ended. `ok` alone carries scores. */
export type Outcome = "ok" | "incorrect" | "crash" | "timeout"

/** What running a candidate gave. */
export interface Run {
  outcome: Outcome
  /** The task's metric, one per replicate, in order; empty unless the outcome is `ok`. */
  scores: number[]
  /** Further measurements by name, at most 64. */
  metrics: Record<string, number>
  /** Wall time of all replicates together, in seconds. */
  seconds: number
  /** Training steps done, where the task counts them. */
  steps: number | null
  /** Peak memory in MiB, where it could be measured. */
  peakMemoryMb: number | null
}

/** A run of chosen replicates: what a verifier reports. */
export interface Rerun extends Run {
  /** The replicate number of each score, ascending; of each replicate asked for where the outcome is not `ok`. */
  replicates: number[]
}

/** Where a run happened: what `classKeys` are read from. */
export interface Env {
  /** Normalised name of the accelerator, `cpu` where there is none. */
  accelerator: string
  /** Versions by runtime: `{ node: "26.10.0" }`. */
  runtime: Record<string, string>
  os: string
  arch: string
  /** The sandbox backend that ran it; ends with SHARED_JUDGE where the candidate was not apart from what judged it. */
  sandbox: string
}

export const SHARED_JUDGE = ", shared judge"

const runFields = {
  outcome: z.enum(["ok", "incorrect", "crash", "timeout"]),
  scores: z.array(finite).max(16),
  metrics: boundedMap(finite, 64),
  seconds: nonNegative,
  steps: uint.nullable(),
  peakMemoryMb: nonNegative.nullable(),
}
const scoresFitOutcome = (run: Run): boolean => (run.outcome === "ok") === run.scores.length > 0
const SCORES_RULE = "scores are present exactly when the outcome is ok"

export const runSchema: z.ZodType<Run> = z.strictObject(runFields).refine(scoresFitOutcome, SCORES_RULE)

export const rerunSchema: z.ZodType<Rerun> = z
  .strictObject({ ...runFields, replicates: z.array(z.number().int().min(0).max(65535)).min(1).max(16) })
  .refine(scoresFitOutcome, SCORES_RULE)
  .refine(
    (run) => run.outcome !== "ok" || run.scores.length === run.replicates.length,
    "one score for each replicate number",
  )
  .refine(
    (run) => run.replicates.every((n, i) => i === 0 || n > (run.replicates[i - 1] ?? n)),
    "replicate numbers ascend",
  )

export const envSchema: z.ZodType<Env> = z.strictObject({
  accelerator: text(128, 1),
  runtime: boundedMap(text(64), 16),
  os: text(64, 1),
  arch: text(32, 1),
  sandbox: text(64, 1),
})
