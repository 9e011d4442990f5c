import type { Readable, Writable } from "node:stream"

/** How a candidate's run ended. */
export interface CandidateEnd {
  /** `limit`: it printed, wrote or left too much. */
  outcome: "ok" | "crash" | "timeout" | "oom" | "limit"
  /** Null unless the program ended by itself. */
  exitCode: number | null
  /** One line for people; empty where it is ok. */
  detail: string
  /** The last 64 KiB. */
  stderr: string
  /** Wall seconds. */
  seconds: number
  /** The plain files below `$SPORE_OUTPUT_DIR`, at most 64 MiB, by path. */
  files: Map<string, Buffer>
}

export interface CandidateOptions {
  /** Frozen files of the package that the candidate may see, by name; or files of your own: `[path, bytes]`. */
  files?: Iterable<string | readonly [path: string, bytes: Uint8Array | string]>
  env?: Readonly<Record<string, string | number>>
  /** Wall seconds at full speed; by default as long as the evaluation may take. */
  seconds?: number
}

/** A candidate that runs. */
export interface Candidate {
  /** What is written after the candidate's end is dropped. */
  readonly stdin: Writable
  /** Has to be read: a candidate that printed 1 MiB more than was read waits. */
  readonly stdout: Readable
  /** Rejects where it could not be run. */
  readonly ended: Promise<CandidateEnd>
  kill(): void
}

/** What an evaluator is told, and what it can do. */
export interface EvaluatorContext {
  /** Null in a check. */
  readonly programPath: string | null
  /** The program as a candidate's command names it. Null in a check. */
  readonly program: string | null
  readonly resultsDir: string
  /** In a check: the folder of artifacts to score. */
  readonly artifactsDir: string | null
  readonly seed: number
  readonly replicate: number
  readonly stage: string
  /** Null where it is not of that kind. */
  readonly budget: { readonly seconds: number | null; readonly steps: number | null; readonly flops: number | null }
  /** Percent of the time in which programs run; 100 unless throttled. */
  readonly resource: number
  /**
   * Starts the candidate apart from the evaluator, in a folder with its own files and those named.
   *
   * @param cmd - program and arguments; the program `node`, `python3`, `sh` or an absolute path
   */
  startCandidate(cmd: readonly (string | number)[], options?: CandidateOptions): Candidate
  /** Runs the candidate to its end. One that prints more than `maxOutputBytes` (64 MiB by default) is ended. */
  runCandidate(
    cmd: readonly (string | number)[],
    options?: CandidateOptions & { stdin?: string | Uint8Array; maxOutputBytes?: number },
  ): Promise<CandidateEnd & { stdout: Buffer }>
  /** Leaves a file for artifact replay. */
  writeArtifact(path: string, bytes: string | Uint8Array): Promise<void>
  /** Prints the line that progress is read from, at most twice a second. */
  progress(step: number, total: number, loss?: number): void
}

/** A score, or one with what goes along. `private` metrics are not shown to proposers. */
export type EvaluatorResult =
  | number
  | {
      score: number
      public?: Readonly<Record<string, unknown>>
      private?: Readonly<Record<string, unknown>>
      /** For whoever proposes the next candidate. */
      feedback?: string
    }

export type Judge = (context: EvaluatorContext) => EvaluatorResult | Promise<EvaluatorResult>

/** Thrown by an evaluator: the candidate is wrong, for this reason. */
export class Incorrect extends Error {}

/**
 * The whole main program of an evaluator: reads `--program_path P --results_dir D` (in a check `--artifacts_dir A
 * --results_dir D`), judges, and writes `metrics.json` and `correct.json`. The process ends with code 0 where it came to
 * a judgement, with 1 where the judge failed.
 */
export function evaluate(judge: Judge): Promise<void>

/** The same as a function of the command line and the environment, for who embeds it. Gives the exit code. */
export function createEvaluator(
  judge: Judge,
): (init: { argv: readonly string[]; env: Readonly<Record<string, string | undefined>> }) => Promise<0 | 1 | 2>
