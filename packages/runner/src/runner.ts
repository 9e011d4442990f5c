import { type Env, isSporeError, type Logger, messageOf, SporeError, type TaskBody } from "@spore/records"
import { type ArtifactStore, addFolder, type FileTree, readTree } from "@spore/records/artifacts"
import { isDeepStrictEqual } from "node:util"
import type { EvaluationJob, EvaluationOptions, EvaluationResult } from "./evaluation.ts"
import type { Environment, EnvironmentErrorCode, EnvironmentRequest, Environments } from "./environment/environment.ts"
import { requestOf } from "./environment/request.ts"
import { evaluatorFor } from "./evaluators/evaluator-for.ts"
import { averageMetrics } from "./evaluators/results.ts"
import { removeLeftovers } from "./job-folder.ts"
import { largest } from "./largest.ts"
import { missingDependency } from "./missing-dependency.ts"
import { envIn } from "./environment/env.ts"
import { objectOf, partOf } from "./object.ts"
import { createReplicateRunner, type ReplicateRun, type Work } from "./replicate.ts"
import type { Sandbox } from "./sandbox/sandbox.ts"
import { type Judge, judgeOf, TASK_FILE, type TaskPackage, type TaskPackageErrorCode } from "./task-package/manifest.ts"
import { candidateFiles, readBundle } from "./task-package/pack.ts"
import { syntaxFault } from "./syntax.ts"
import { utf8Tail } from "./text.ts"

/** `no_replicates`: an evaluation of nothing was asked for. `no_object`: what is to be scored is not of this task. */
export type RunnerErrorCode = "no_replicates" | "no_object"

/** Runs candidates of tasks in a sandbox. */
export interface Runner {
  /** This machine, as records state it. */
  readonly env: Env
  readonly isolated: boolean
  /**
   * This machine as jobs of a task see it: with the Python packages of the task's lock where it has one. The bundle must
   * be in the artifact store.
   */
  envFor(task: TaskBody): Promise<Env>
  /**
   * Whether a task's Python environment is prepared here; also where it asks for none. The bundle must be in the
   * artifact store.
   *
   * @throws SporeError with a TaskPackageErrorCode, ArtifactErrorCode or LockErrorCode
   */
  environmentOf(task: TaskBody): Promise<EnvironmentState>
  /**
   * Judges a candidate, or in artifact replay the object it once left. Bundle, candidate and object must be in the
   * artifact store. A candidate or object that is not of the form it should be is incorrect.
   *
   * @throws SporeError with a TaskPackageErrorCode, ArtifactErrorCode or RunnerErrorCode where nothing could be run
   */
  evaluate(job: EvaluationJob, options?: EvaluationOptions): Promise<EvaluationResult>
  /**
   * What their language's parser has against files, read in the sandbox and not executed: JavaScript modules and
   * Python. Null where that is nothing, or nothing is known of the language.
   */
  syntaxFault(files: FileTree, signal: AbortSignal): Promise<string | null>
}

/** `allowed`: not prepared, and the user said yes to it. */
export type EnvironmentState = "none" | "prepared" | "allowed" | "missing"

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
  /** Variables that every job gets, such as `SPORE_DISABLE_COMPILE`. */
  jobEnv?: Readonly<Record<string, string>>
  /** Where the Python environments of tasks are; without it tasks that ask for one are not run. */
  environments?: Environments
}

const LOG_BYTES = 64 * 1024
/** Bundles whose requests are kept in memory. */
const REMEMBERED = 256

/** Runs the evaluators of tasks, once per replicate. */
export function createRunner(init: RunnerInit): Runner {
  const { sandbox, artifacts, workDir, env, log } = init
  const resource = Math.min(100, Math.max(1, init.resource ?? 100))
  const runReplicate = createReplicateRunner({
    sandbox,
    workDir,
    log,
    resource,
    jobEnv: init.jobEnv ?? {},
  })
  const cleaned = removeLeftovers(workDir).catch((error: unknown) => {
    log.warn({ error: messageOf(error) }, "could not remove old job folders")
  })

  const requests = new Map<string, EnvironmentRequest | null>()

  /** What a task's bundle asks for: asked often, and the same for ever. */
  async function requestFor(task: TaskBody): Promise<EnvironmentRequest | null> {
    const key = task.bundle.toString()
    const known = requests.get(key)
    if (known !== undefined) return known
    const request = requestOf(await readBundle(artifacts, task.bundle))
    if (requests.size >= REMEMBERED) requests.clear()
    requests.set(key, request)
    return request
  }

  async function environmentFor(job: EvaluationJob, options: EvaluationOptions): Promise<Environment | null> {
    const request = await requestFor(job.task)
    if (request === null) return null
    const environments = init.environments
    const plan = await environments?.plan(request)
    if (environments !== undefined && plan !== undefined) {
      if (plan.environment !== null) return plan.environment
      if (job.mayPrepare === true || plan.allowed) return environments.prepare(request, options)
    }
    throw new SporeError<EnvironmentErrorCode>(
      "environment_missing",
      `the Python environment of ${job.task.name} is not prepared here`,
      { next: `spore task environment ${job.task.name} --prepare` },
    )
  }

  return {
    env,
    isolated: sandbox.isolated,
    async envFor(task) {
      const request = await requestFor(task)
      if (request === null) return env
      const environment = await init.environments?.find(request)
      return environment === undefined || environment === null ? env : envIn(env, environment, request)
    },
    async environmentOf(task) {
      const request = await requestFor(task)
      if (request === null) return "none"
      const plan = await init.environments?.plan(request)
      if (plan === undefined) return "missing"
      if (plan.environment !== null) return "prepared"
      return plan.allowed ? "allowed" : "missing"
    },
    async evaluate(job, options = {}) {
      const { task, replicates } = job
      if (replicates.length === 0) throw new SporeError<RunnerErrorCode>("no_replicates", "no replicates to run")
      await cleaned
      const bundle = await readBundle(artifacts, task.bundle)
      assertAgreement(bundle.package, task)
      const given = await readGiven(artifacts, bundle.package, job)
      if (given.malformed !== null)
        return malformedResult(given.malformed, judgeOf(bundle.package.evaluator, task.replay))
      const { candidate, object } = given
      const work: Work = {
        task,
        package: bundle.package,
        evaluator: evaluatorFor(bundle.package.evaluator),
        frozen: bundle.files,
        candidate,
        environment: await environmentFor(job, options),
      }
      assertEntry(work)

      const runs: ReplicateRun[] = []
      const started = performance.now()
      for (const [index, replicate] of replicates.entries()) {
        const run = await runReplicate(work, {
          replicate,
          object: object === null ? null : partOf(object, replicate.number),
          options,
          onFraction: (ofOne, loss, remainingOfOne) => {
            const fraction = (index + ofOne) / replicates.length
            const elapsed = (performance.now() - started) / 1000
            // what a program says of its own end tells nothing of the replicates after it
            const remaining = fraction === 0 ? null : Math.round((elapsed * (1 - fraction)) / fraction)
            const remainingSeconds = replicates.length === 1 ? remainingOfOne : remaining
            options.onProgress?.({ fraction, loss, remainingSeconds })
          },
        })
        runs.push(run)
        if (run.outcome !== "ok") break
      }
      const left = objectOf(runs)
      return { ...summarise(runs, work), object: left === null ? null : await addFolder(artifacts, left) }
    },
    async syntaxFault(files, signal) {
      await cleaned
      return syntaxFault({ sandbox, workDir, cpuPercent: resource }, files, signal)
    },
  }
}

/** What strangers' records name, where it is of the form it should be; else what is wrong with it. */
type Given = { candidate: FileTree; object: FileTree | null; malformed: null } | { malformed: string }

async function readGiven(artifacts: ArtifactStore, taskPackage: TaskPackage, job: EvaluationJob): Promise<Given> {
  const { task, code, object } = job
  if (object !== undefined && task.replay.mode !== "artifact") {
    throw new SporeError<RunnerErrorCode>("no_object", `${task.name} is not replayed by its artifacts`)
  }
  try {
    const candidate = await candidateFiles(artifacts, taskPackage, code)
    if (object === undefined) return { candidate, object: null, malformed: null }
    const tree = await readTree(artifacts, object)
    const lacking = job.replicates.find(({ number }) => partOf(tree, number).size === 0)
    if (lacking !== undefined) return { malformed: `the object has nothing of replicate ${lacking.number}` }
    return { candidate, object: tree, malformed: null }
  } catch (error) {
    if (isMalformed(error)) return { malformed: messageOf(error) }
    throw error
  }
}

/** Whether an artifact is not of the form that a candidate or an object has, wherever it is read. */
export function isMalformed(error: unknown): boolean {
  return isSporeError(error, "candidate_files", "artifact_bad_name", "artifact_bad_block", "artifact_too_large")
}

/** The result of a candidate of which nothing could be run. */
function malformedResult(detail: string, judge: Judge): EvaluationResult {
  return {
    outcome: "incorrect",
    detail,
    scores: [],
    metrics: {},
    feedback: "",
    missing: null,
    object: null,
    judge,
    seconds: 0,
    cpuSeconds: null,
    steps: null,
    peakMemoryMb: null,
    log: "",
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

function assertEntry({ package: { candidate }, frozen, candidate: files }: Work): void {
  if (frozen.has(candidate.entry) || files.has(candidate.entry)) return
  throw new SporeError<TaskPackageErrorCode>("task_package_incomplete", `the task package lacks ${candidate.entry}`)
}

/** All replicates in one result: the scores where all are ok, else why the last one is not. */
function summarise(
  runs: readonly ReplicateRun[],
  { package: { evaluator }, task }: Work,
): Omit<EvaluationResult, "object"> {
  const last = runs.at(-1)
  const ok = last?.outcome === "ok"
  const log = utf8Tail(runs.map((run) => run.output).join("\n"), LOG_BYTES)
  return {
    outcome: last?.outcome ?? "infra",
    detail: last?.detail ?? "",
    scores: ok ? runs.flatMap((run) => run.score ?? []) : [],
    metrics: averageMetrics(runs.flatMap((run) => (run.outcome === "ok" ? [run.metrics] : []))),
    feedback: last?.feedback ?? "",
    missing: ok || last === undefined ? null : missingDependency(`${last.output}\n${last.detail}\n${last.feedback}`),
    judge: judgeOf(evaluator, task.replay),
    seconds: runs.reduce((total, run) => total + run.wallSeconds, 0),
    cpuSeconds: runs.some((run) => run.cpuSeconds === null)
      ? null
      : runs.reduce((total, run) => total + (run.cpuSeconds ?? 0), 0),
    steps: largest(runs.map((run) => run.steps)),
    peakMemoryMb: largest(runs.map((run) => run.peakMemoryMb)),
    log,
  }
}
