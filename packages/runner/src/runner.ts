import { type Env, type Logger, messageOf, SporeError, type TaskBody } from "@spore/records"
import type { ArtifactStore, FileTree } from "@spore/records/artifacts"
import { isDeepStrictEqual } from "node:util"
import { candidateFiles, readBundle } from "./candidate.ts"
import type { EvaluationJob, EvaluationOptions, EvaluationResult, Replicate } from "./evaluation.ts"
import { createJobFolder, removeLeftovers } from "./job-folder.ts"
import { collectOutputs } from "./outputs.ts"
import { parseProgressLine } from "./progress.ts"
import { averageMetrics, readResult, type ReplicateResult } from "./results.ts"
import type { JobResult, Sandbox } from "./sandbox/sandbox.ts"
import { TASK_FILE, type TaskPackage, type TaskPackageErrorCode } from "./task-package.ts"
import { utf8Tail } from "./text.ts"

/** `no_replicates`: an evaluation of nothing was asked for. */
export type RunnerErrorCode = "no_replicates"

/** Runs candidates of tasks in a sandbox. */
export interface Runner {
  /** This machine, as records state it. */
  readonly env: Env
  readonly isolated: boolean
  /**
   * Judges a candidate. Bundle and candidate must be in the artifact store.
   *
   * @throws SporeError with a TaskPackageErrorCode, ArtifactErrorCode or RunnerErrorCode where nothing could be run
   */
  evaluate(job: EvaluationJob, options?: EvaluationOptions): Promise<EvaluationResult>
}

export interface RunnerInit {
  sandbox: Sandbox
  artifacts: ArtifactStore
  /**
   * Host folder for job folders, on a disk, made where it is missing; what dead processes left in it is removed. Jobs
   * can read its path from their mount table.
   */
  workDir: string
  env: Env
  log: Logger
  /** Percent of the time in which jobs run, 1 to 100; time limits grow in proportion. 100 by default. */
  resource?: number
}

const PROCESSES = 256
const OUTPUT_BYTES = 64 * 1024 * 1024
const LOG_BYTES = 64 * 1024

interface ReplicateRun {
  job: JobResult
  /** Undefined where the evaluator did not end by itself. */
  result: ReplicateResult | undefined
  steps: number | null
}

/** Runs native evaluators: `<cmd> --program_path P --results_dir D`, once per replicate. */
export function createRunner(init: RunnerInit): Runner {
  const { sandbox, artifacts, workDir, env, log } = init
  const resource = Math.min(100, Math.max(1, init.resource ?? 100))
  const cleaned = removeLeftovers(workDir).catch((error: unknown) => {
    log.warn({ error: messageOf(error) }, "could not remove old job folders")
  })

  const runReplicate = async (
    work: { task: TaskBody; package: TaskPackage; files: FileTree },
    replicate: Replicate,
    options: EvaluationOptions,
    onFraction: (fraction: number, loss: number | null, remaining: number | null) => void,
  ): Promise<ReplicateRun> => {
    const { task, package: taskPackage, files } = work
    await using folder = await createJobFolder(workDir, files)
    const paths = sandbox.paths(folder)
    const program = `${paths.inputs}/${taskPackage.candidate.entry}`
    let steps: number | null = null
    const job = await sandbox.run(
      {
        cmd: [...taskPackage.evaluator.cmd, "--program_path", program, "--results_dir", paths.outputs],
        inputs: folder.inputs,
        outputs: folder.outputs,
        env: replicateEnvironment(task, replicate),
        limits: {
          wallSeconds: (task.budget.killSeconds * 100) / resource,
          memoryMb: taskPackage.memoryMb,
          processes: PROCESSES,
          outputBytes: OUTPUT_BYTES,
          cpuPercent: resource,
        },
      },
      {
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        onLine: (line) => {
          options.onLine?.(line)
          const progress = parseProgressLine(line)
          if (progress === null) return
          steps = Math.max(steps ?? 0, progress.step)
          onFraction(progress.fraction, progress.loss, progress.remainingSeconds)
        },
      },
    )
    if (job.outcome !== "ok") return { job, result: undefined, steps }
    const outputs = await collectOutputs(folder.outputs)
    if (outputs.refused > 0) log.debug({ refused: outputs.refused }, "left out what is no plain file")
    const result = await readResult(outputs, task.metric)
    return { job, result, steps: countedSteps(result) ?? steps }
  }

  return {
    env,
    isolated: sandbox.isolated,
    async evaluate(job, options = {}) {
      const { task, replicates } = job
      if (replicates.length === 0) throw new SporeError<RunnerErrorCode>("no_replicates", "no replicates to run")
      await cleaned
      const bundle = await readBundle(artifacts, task.bundle)
      assertAgreement(bundle.package, task)
      const candidate = await candidateFiles(artifacts, bundle.package, job.code)
      const work = { task, package: bundle.package, files: new Map([...bundle.files, ...candidate]) }
      assertEntry(work)

      const runs: ReplicateRun[] = []
      for (const [index, replicate] of replicates.entries()) {
        const run = await runReplicate(work, replicate, options, (fraction, loss, remainingSeconds) => {
          options.onProgress?.({ fraction: (index + fraction) / replicates.length, loss, remainingSeconds })
        })
        runs.push(run)
        if (run.result?.outcome !== "ok") break
      }
      return summarise(runs)
    },
  }
}

/**
 * The package's own description of metric, replay and budget must be the signed one: the evaluator reads the former,
 * everybody else the latter.
 */
function assertAgreement(taskPackage: TaskPackage, task: TaskBody): void {
  for (const field of ["metric", "replay", "budget"] as const) {
    if (isDeepStrictEqual(taskPackage[field], task[field])) continue
    throw new SporeError<TaskPackageErrorCode>(
      "task_package_disagrees",
      `${TASK_FILE} and the signed task ${task.name} differ in ${field}`,
    )
  }
}

function assertEntry({ package: { candidate }, files }: { package: TaskPackage; files: FileTree }): void {
  if (files.has(candidate.entry)) return
  throw new SporeError<TaskPackageErrorCode>("task_package_incomplete", `the task package lacks ${candidate.entry}`)
}

function replicateEnvironment(task: TaskBody, { seed, number }: Replicate): Record<string, string> {
  const { type, value, killSeconds } = task.budget
  return {
    SPORE_SEED: `${seed}`,
    SPORE_REPLICATE: `${number}`,
    SPORE_STAGE: "full",
    SPORE_BUDGET_S: `${type === "wall" ? value : killSeconds}`,
  }
}

/** An evaluator that counts steps itself says so by the metric `num_steps`. */
function countedSteps(result: ReplicateResult): number | null {
  const steps = result.outcome === "ok" ? result.metrics["num_steps"] : undefined
  return steps !== undefined && Number.isSafeInteger(steps) && steps >= 0 ? steps : null
}

/** All replicates in one result: the scores where all are ok, else why the last one is not. */
function summarise(runs: readonly ReplicateRun[]): EvaluationResult {
  const last = runs.at(-1)
  const succeeded = runs.flatMap(({ result }) => (result?.outcome === "ok" ? [result] : []))
  const ok = succeeded.length === runs.length
  const { outcome, detail } = last === undefined || ok ? { outcome: "ok" as const, detail: "" } : failure(last)
  return {
    outcome,
    detail,
    scores: ok ? succeeded.map((result) => result.score) : [],
    metrics: averageMetrics(succeeded.map((result) => result.metrics)),
    feedback: last?.result?.feedback ?? "",
    seconds: runs.reduce((total, run) => total + run.job.wallSeconds, 0),
    steps: largest(runs.map((run) => run.steps)),
    peakMemoryMb: largest(runs.map((run) => run.job.peakMemoryMb)),
    log: utf8Tail(runs.map((run) => run.job.outputTail).join("\n"), LOG_BYTES),
  }
}

function failure({ job, result }: ReplicateRun): Pick<EvaluationResult, "outcome" | "detail"> {
  if (result !== undefined && result.outcome !== "ok") return { outcome: result.outcome, detail: result.detail }
  switch (job.outcome) {
    case "timeout":
    case "aborted":
    case "infra":
    case "crash":
      return { outcome: job.outcome, detail: job.detail }
    case "oom":
    case "limit":
    case "ok":
      return { outcome: "crash", detail: job.detail }
  }
}

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.max(...known)
}
