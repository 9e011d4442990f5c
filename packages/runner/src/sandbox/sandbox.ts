import type { Readable, Writable } from "node:stream"

/** How strictly a backend holds a limit: `hard` by the kernel, `soft` by a watchdog that reacts after the fact. */
export type Hardness = "hard" | "soft" | "none"

/** How strictly a backend holds each limit. */
export interface LimitHardness {
  memory: Hardness
  /** Number of processes and threads. */
  processes: Hardness
  /** `JobLimits.cpuPercent`. */
  cpu: Hardness
  /** Whether every process of a job is surely gone at its end, and at the death of this process. */
  treeKill: "yes" | "best effort"
}

/** What a job may use. */
export interface JobLimits {
  /** From the moment the program begins; what the sandbox needs to start is not counted. */
  wallSeconds: number
  memoryMb: number
  /** Processes and threads together. */
  processes: number
  /** Bytes the job may leave in its output folder. */
  outputBytes: number
  /** The share of the machine's processor time that the job may have at most, 1 to 100; 100 by default. */
  cpuPercent?: number
}

/** A program to run, with one folder to read and one to write. */
export interface SandboxJob {
  /** Program and arguments; the program by absolute path or one of `node`, `python3`, `sh`. */
  cmd: readonly string[]
  /** Host folder shown read-only; the working directory. Its files and folders are readable by everyone. */
  inputs: string
  /** Host folder shown writable; empty at the start. */
  outputs: string
  env: Readonly<Record<string, string>>
  limits: JobLimits
  /** Further host folders shown read-only, by the name they get in the sandbox: `[a-z]+`, not `in`, `out`, `tmp` or `bin`. */
  mounts?: Readonly<Record<string, string>>
  /** Folders of the sandbox where programs are looked for before the system's. */
  path?: readonly string[]
  /**
   * Absolute paths that lead to paths of the sandbox, for programs that insist on them: `{ "/tests": "/work/in/tests" }`.
   * Only where `Sandbox.links` says so.
   */
  links?: Readonly<Record<string, string>>
}

/** Where a job's folders appear to its program. */
export interface JobPaths {
  inputs: string
  outputs: string
  /** By name, as `SandboxJob.mounts`. */
  mounts: Readonly<Record<string, string>>
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
  /** Of all its processes; of a job that was ended as last sampled. Null where nothing was measured. */
  cpuSeconds: number | null
  /** The most memory that all its processes had together: as the kernel counts where it limits it, else as sampled. */
  peakMemoryMb: number | null
  /** The last 64 KiB of stdout and stderr, interleaved as they came. */
  outputTail: string
}

/** A program's stdin and stdout, for a caller who talks with it. */
export interface JobStreams {
  /** Handed to the program from its beginning on, its end included; without streams, stdin is empty. */
  stdin: Readable
  /**
   * Takes stdout as it comes and without a limit, in place of `onLine` and `outputTail`, and is ended with the job. One
   * that takes nothing holds the program up until its time is over.
   */
  stdout: Writable
}

export interface JobOptions {
  signal?: AbortSignal
  /** Every complete line of stdout and stderr, as it comes; longer lines are cut at 64 KiB. */
  onLine?: (line: string) => void
  /** With them `onLine` and `outputTail` are of stderr alone. */
  streams?: JobStreams
}

/**
 * `sandbox_bad_job`: no sandbox can run this job. `sandbox_unsupported`: the backend does not exist on this machine.
 * `sandbox_failed`: the host refused something it never should.
 */
export type SandboxErrorCode = "sandbox_bad_job" | "sandbox_unsupported" | "sandbox_failed"

/** Runs programs apart from the rest of the machine. Every implementation passes the compliance suite. */
export interface Sandbox {
  readonly backend: string
  /** Whether strangers' code may run in it: no host files, no network, no other processes. */
  readonly isolated: boolean
  readonly hardness: LimitHardness
  /** Whether jobs can have `links`: a root folder of their own. */
  readonly links: boolean
  /** Whether jobs can have `JobOptions.streams`. */
  readonly streams: boolean
  /** Where inputs, outputs and mounts appear to the program. */
  paths(job: Pick<SandboxJob, "inputs" | "outputs" | "mounts">): JobPaths
  /**
   * Runs the job to its end; when this settles, none of its processes is left.
   *
   * @throws SporeError `sandbox_bad_job`
   */
  run(job: SandboxJob, options?: JobOptions): Promise<JobResult>
}
