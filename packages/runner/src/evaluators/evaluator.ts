/**
 * The port by which a task's evaluator is run: what to start for a candidate, and how to read what came of it. The
 * runner lays out files, holds the limits and collects outputs; an evaluator never touches the host.
 *
 * @packageDocumentation
 */
import type { Metric } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import type { JobPaths, JobResult } from "../sandbox/sandbox.ts"
import type { Judge, Stage, TaskPackage } from "../task-package/manifest.ts"
import type { Outputs } from "./outputs.ts"

/** The verdict of an evaluator that ended by itself. */
export type ReplicateResult =
  | { outcome: "ok"; score: number; metrics: Record<string, number>; feedback: string }
  | { outcome: "incorrect" | "crash"; detail: string; feedback: string }

/** What is to be judged, and where the program will see it. */
export interface EvaluatorContext {
  readonly package: TaskPackage
  /** The package's files with the candidate's. */
  readonly files: FileTree
  /** The candidate's entry, as the program sees it. */
  readonly program: string
  readonly paths: JobPaths
  /** Null where the evaluator has none. */
  readonly stage: Stage | null
}

/** A program that judges a candidate. */
export interface EvaluatorPlan {
  /** As `SandboxJob.cmd`. */
  readonly cmd: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** As `SandboxJob.links`. */
  readonly links?: Readonly<Record<string, string>>
}

/** A program that ended by itself: `job.outcome` is `ok` or `crash`. */
export interface EvaluatorRun {
  readonly job: JobResult
  readonly outputs: Outputs
  readonly metric: Metric
}

/** One task's evaluator. */
export interface Evaluator {
  readonly judge: Judge
  /** Each is a program of its own, started only where the one before passed. Empty: one program, stage `full`. */
  readonly stages: readonly Stage[]
  /** Files of the adapter, laid out beside the package's, below `.spore/`. */
  readonly files: FileTree
  plan(context: EvaluatorContext): EvaluatorPlan
  /** What is missing or malformed speaks against the candidate. */
  read(run: EvaluatorRun): Promise<ReplicateResult>
}
