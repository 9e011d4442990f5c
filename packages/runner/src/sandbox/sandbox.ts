/** How strictly a backend holds a limit: `hard` by the kernel, `soft` by a watchdog that reacts after the fact. */
export type Hardness = "hard" | "soft" | "none"

/** What a job may use. */
export interface JobLimits {
  wallSeconds: number
  memoryMb: number
  /** Processes and threads together. */
  processes: number
  /** Bytes the job may leave in its output folder. */
  outputBytes: number
}

/** A program to run, with one folder to read and one to write. */
export interface SandboxJob {
  /** Program and arguments; the program by absolute path or one of `node`, `python3`, `sh`. */
  cmd: readonly string[]
  /** Host folder shown read-only; the working directory. */
  inputs: string
  /** Host folder shown writable; empty at the start. */
  outputs: string
  env: Readonly<Record<string, string>>
  limits: JobLimits
}

/** How a job ended. `infra`: the sandbox or host failed, not the program. */
export type JobOutcome = "ok" | "crash" | "timeout" | "oom" | "limit" | "aborted" | "infra"

export interface JobResult {
  outcome: JobOutcome
  /** Exit code where the program ended by itself. */
  exitCode: number | null
  /** One line for people. */
  detail: string
  wallSeconds: number
  cpuSeconds: number | null
  peakMemoryMb: number | null
  /** The last 64 KiB of stdout and stderr, interleaved as they came. */
  outputTail: string
}

export interface JobOptions {
  signal?: AbortSignal
  /** Every complete line of stdout and stderr, as it comes; longer lines are cut at 64 KiB. */
  onLine?: (line: string) => void
}

/** Runs programs apart from the rest of the machine. Every implementation passes the compliance suite. */
export interface Sandbox {
  readonly backend: string
  /** Whether strangers' code may run in it: no host files, no network, no other processes. */
  readonly isolated: boolean
  readonly hardness: { memory: Hardness; processes: Hardness; treeKill: "yes" | "best effort" }
  /** Where inputs and outputs appear to the program. */
  paths(job: Pick<SandboxJob, "inputs" | "outputs">): { inputs: string; outputs: string }
  run(job: SandboxJob, options?: JobOptions): Promise<JobResult>
}
