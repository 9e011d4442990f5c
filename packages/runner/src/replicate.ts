import { type Logger, messageOf, type TaskBody } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import { type CandidatesUse, serveCandidates } from "./candidates/service.ts"
import type { EvaluationOptions, EvaluationOutcome, Replicate } from "./evaluation.ts"
import type { Evaluator, EvaluatorPlan, ReplicateResult } from "./evaluators/evaluator.ts"
import { collectOutputs, type Outputs } from "./evaluators/outputs.ts"
import { parseProgressLine } from "./evaluators/progress.ts"
import { readResult } from "./evaluators/results.ts"
import { createJobFolder } from "./job-folder.ts"
import type { Environment } from "./environment/environment.ts"
import { environmentMount, inEnvironment } from "./environment/job.ts"
import { largest } from "./largest.ts"
import { unstarted } from "./sandbox/ending.ts"
import type { JobLimits, JobPaths, JobResult, Sandbox } from "./sandbox/sandbox.ts"
import { isSystemError } from "./system-error.ts"
import type { Stage, TaskPackage } from "./task-package/manifest.ts"

/** A candidate of a task, ready to be judged. */
export interface Work {
  task: TaskBody
  package: TaskPackage
  evaluator: Evaluator
  /** The package without the candidate's files. */
  frozen: FileTree
  candidate: FileTree
  /** The Python environment that the task asks for. */
  environment: Environment | null
}

/** What one replicate came to. */
export interface ReplicateRun {
  number: number
  outcome: EvaluationOutcome
  /** Empty where it is ok. */
  detail: string
  /** Null unless it is ok. */
  score: number | null
  metrics: Record<string, number>
  feedback: string
  steps: number | null
  wallSeconds: number
  cpuSeconds: number | null
  peakMemoryMb: number | null
  /** The end of what it printed. */
  output: string
  /** In artifact replay what it left; null elsewhere. */
  artifacts: FileTree | null
}

export interface ReplicateChoice {
  replicate: Replicate
  /** Artifacts to score instead of running the candidate. */
  object: FileTree | null
  options: EvaluationOptions
  onFraction: (fraction: number, loss: number | null, remaining: number | null) => void
}

/** `killSeconds` hold for a replicate's programs together. */
type TimedChoice = ReplicateChoice & { deadline: number }

export interface ReplicateInit {
  sandbox: Sandbox
  workDir: string
  log: Logger
  /** Percent, 1 to 100. */
  resource: number
  jobEnv: Readonly<Record<string, string>>
}

const PROCESSES = 256
const OUTPUT_BYTES = 64 * 1024 * 1024
/** What artifact replay keeps of one replicate, where there are few; of all of them together: what any reader takes. */
const ARTIFACT_BYTES = 8 * 1024 * 1024
const OBJECT_BYTES = 64 * 1024 * 1024
const ARTIFACT_FILES = 200
const ARTIFACTS = "artifacts/"

/** One program's run, and what its evaluator makes of it. */
interface Judged {
  job: JobResult
  result: ReplicateResult | null
  steps: number | null
  artifacts: FileTree | null
}

const NOTHING = { result: null, steps: null, artifacts: null }
const NO_LINKS = {
  outcome: "infra",
  detail: "this evaluator needs a sandbox with a root folder of its own, such as bubblewrap",
} as const

const NO_STREAMS = {
  outcome: "infra",
  detail: "this sandbox cannot run candidates apart from their judge; bubblewrap can",
} as const

const NO_TIME = { outcome: "timeout", detail: "no time was left for it" } as const

/** Runs a candidate's evaluator for one replicate: its stages in order, then in artifact replay the check. */
export function createReplicateRunner(
  init: ReplicateInit,
): (work: Work, choice: ReplicateChoice) => Promise<ReplicateRun> {
  const { sandbox, workDir, log, resource } = init

  async function runProgram(
    work: Work,
    choice: TimedChoice,
    program: {
      files: FileTree
      mounts: Record<string, string>
      stage: Stage | null
      plan: (paths: JobPaths) => EvaluatorPlan
      read: Evaluator["read"]
      keepsArtifacts: boolean
      /** Whether it may have the candidate run, in sandboxes beside its own. */
      startsCandidates: boolean
    },
  ): Promise<Judged> {
    const { task, package: taskPackage } = work
    const { stage } = program
    const { onLine, signal } = choice.options
    const left = (choice.deadline - performance.now()) / 1000
    if (left <= 0) return { ...NOTHING, job: unstarted(NO_TIME) }
    const limits: JobLimits = {
      wallSeconds: Math.min(((stage?.timeoutS ?? Infinity) * 100) / resource, Math.ceil(left * 1000) / 1000),
      memoryMb: taskPackage.memoryMb,
      processes: PROCESSES,
      outputBytes: OUTPUT_BYTES,
      cpuPercent: resource,
    }
    if (program.startsCandidates && !sandbox.streams) return { ...NOTHING, job: unstarted(NO_STREAMS) }
    await using candidates = program.startsCandidates
      ? await serveCandidates({
          sandbox,
          workDir,
          log,
          candidate: work.candidate,
          frozen: work.frozen,
          environment: work.environment,
          env: { ...init.jobEnv, SPORE_SEED: `${choice.replicate.seed}` },
          limits,
          resource,
          onLine,
        })
      : null
    const mounts = {
      ...program.mounts,
      ...environmentMount(work.environment),
      ...(candidates === null ? {} : { candidates: candidates.folder }),
    }
    await using folder = await createJobFolder(workDir, program.files)
    const paths = sandbox.paths({ ...folder, mounts })
    const plan = program.plan(paths)
    if (plan.links !== undefined && !sandbox.links) return { ...NOTHING, job: unstarted(NO_LINKS) }
    let steps: number | null = null
    const begin = performance.now()
    const ended = await sandbox.run(
      {
        ...inEnvironment(plan.cmd, paths),
        inputs: folder.inputs,
        outputs: folder.outputs,
        mounts,
        ...(plan.links === undefined ? {} : { links: plan.links }),
        env: {
          ...init.jobEnv,
          ...contractEnvironment(task, choice.replicate, stage, resource),
          ...(candidates === null ? {} : { SPORE_CANDIDATES: `${paths.mounts["candidates"]}/socket` }),
          ...plan.env,
        },
        limits,
      },
      {
        ...(signal === undefined ? {} : { signal }),
        onLine: (line) => {
          onLine?.(line)
          const progress = parseProgressLine(line)
          if (progress === null) return
          if (progress.step !== null) steps = Math.max(steps ?? 0, progress.step)
          const elapsed = ((performance.now() - begin) / 1000) * (resource / 100)
          const fraction = progress.fraction ?? shareOfBudget(task, progress.step, elapsed)
          choice.onFraction(fraction, progress.loss, progress.remainingSeconds)
        },
      },
    )
    const job = candidates === null ? ended : withCandidates(ended, await candidates.end())
    if (job.outcome !== "ok" && job.outcome !== "crash") return { ...NOTHING, job, steps }
    const outputs = await collectOutputs(folder.outputs)
    if (outputs.refused > 0) log.debug({ refused: outputs.refused }, "left out what is no plain file")
    const read = await program.read({ job, outputs, metric: task.metric })
    const result = withinBudget(read, task)
    return {
      job,
      result,
      steps: countedSteps(result) ?? steps,
      artifacts:
        program.keepsArtifacts && result.outcome === "ok" ? await readArtifacts(outputs, artifactRoom(task)) : null,
    }
  }

  /** The evaluator's own programs; the last one's judgement counts. */
  async function runStages(work: Work, choice: TimedChoice): Promise<Judged[]> {
    const { evaluator, task, package: taskPackage, frozen, candidate } = work
    const files = new Map([...frozen, ...candidate])
    const judged: Judged[] = []
    for (const stage of evaluator.stages.length === 0 ? [null] : evaluator.stages) {
      const one = await runProgram(work, choice, {
        files: new Map([...files, ...evaluator.files]),
        mounts: {},
        stage,
        plan: (paths) =>
          evaluator.plan({
            package: taskPackage,
            files,
            program: `${paths.inputs}/${taskPackage.candidate.entry}`,
            paths,
            stage,
          }),
        read: evaluator.read,
        keepsArtifacts: task.replay.mode === "artifact",
        startsCandidates: evaluator.judge === "separate",
      })
      judged.push({ ...one, result: one.result === null ? null : afterStage(one.result, stage, task) })
      if (judged.at(-1)?.result?.outcome !== "ok") break
    }
    return judged
  }

  /** Scores artifacts by the frozen check, in a sandbox where nothing of the candidate runs. */
  async function runCheck(work: Work, choice: TimedChoice, artifacts: FileTree): Promise<Judged> {
    const { evaluator } = work.package
    const check = "check" in evaluator ? (evaluator.check ?? []) : []
    await using object = await createJobFolder(workDir, artifacts)
    const judged = await runProgram(work, choice, {
      files: work.frozen,
      mounts: { artifacts: object.inputs },
      stage: null,
      plan: ({ mounts, outputs }) => ({
        cmd: [...check, "--artifacts_dir", mounts["artifacts"] ?? "", "--results_dir", outputs],
      }),
      read: readResult,
      keepsArtifacts: false,
      startsCandidates: false,
    })
    return { ...judged, artifacts }
  }

  async function judge(work: Work, untimed: ReplicateChoice): Promise<ReplicateRun> {
    const { task, package: taskPackage, candidate } = work
    const choice = { ...untimed, deadline: performance.now() + (task.budget.killSeconds * 100_000) / resource }
    const number = choice.replicate.number
    if (task.replay.mode !== "artifact") return conclude(number, await runStages(work, choice))
    const isSolution = taskPackage.evaluator.kind === "native" && taskPackage.evaluator.cmd === undefined
    if (isSolution) {
      const checked = await runCheck(work, choice, candidate)
      // the candidate is the object: it is not kept a second time
      return conclude(number, [{ ...checked, artifacts: null }])
    }
    if (choice.object !== null) return conclude(number, [await runCheck(work, choice, choice.object)])
    const judged = await runStages(work, choice)
    const made = judged.at(-1)
    if (made?.result?.outcome !== "ok") return conclude(number, judged)
    if (made.artifacts === null || made.artifacts.size === 0) {
      const detail = `the evaluator left no artifacts, or more than ${artifactRoom(task)} bytes or ${ARTIFACT_FILES} files`
      return conclude(number, [...judged, { ...made, result: { outcome: "incorrect", detail, feedback: "" } }])
    }
    return conclude(number, [...judged, await runCheck(work, choice, made.artifacts)])
  }

  return async (work, choice) => {
    try {
      return await judge(work, choice)
    } catch (error) {
      // a full disk says nothing about the candidate
      if (!isSystemError(error)) throw error
      const job = unstarted({ outcome: "infra", detail: messageOf(error) })
      return conclude(choice.replicate.number, [{ ...NOTHING, job }])
    }
  }
}

function contractEnvironment(
  task: TaskBody,
  { seed, number }: Replicate,
  stage: Stage | null,
  resource: number,
): Record<string, string> {
  const { type, value, killSeconds } = task.budget
  return {
    SPORE_SEED: `${seed}`,
    SPORE_REPLICATE: `${number}`,
    SPORE_STAGE: stage?.name ?? "full",
    SPORE_BUDGET_S: `${type === "wall" ? value : killSeconds}`,
    ...(type === "steps" ? { SPORE_BUDGET_STEPS: `${value}` } : {}),
    ...(type === "flops" ? { SPORE_BUDGET_FLOPS: `${value}` } : {}),
    SPORE_RESOURCE: `${resource}`,
  }
}

/** An evaluator's run with those of its candidates, whose memory was taken beside its own. */
function withCandidates(job: JobResult, use: CandidatesUse): JobResult {
  const { peakMemoryMb, cpuSeconds, failure, tail } = use
  return {
    ...job,
    ...(failure === null || job.outcome === "aborted" ? {} : { outcome: "infra", detail: failure }),
    cpuSeconds: job.cpuSeconds === null || cpuSeconds === null ? null : job.cpuSeconds + cpuSeconds,
    peakMemoryMb: job.peakMemoryMb === null ? peakMemoryMb : job.peakMemoryMb + (peakMemoryMb ?? 0),
    outputTail: tail + job.outputTail,
  }
}

/** An evaluator that counts what was spent, by the metrics `num_steps` and `num_flops`, is held to the budget. */
function withinBudget(result: ReplicateResult, { budget }: TaskBody): ReplicateResult {
  if (result.outcome !== "ok" || budget.type === "wall") return result
  const spent = result.metrics[budget.type === "steps" ? "num_steps" : "num_flops"] ?? 0
  if (spent <= budget.value) return result
  const detail = `${spent} ${budget.type} where ${budget.value} are allowed`
  return { outcome: "incorrect", detail, feedback: result.feedback }
}

function afterStage(result: ReplicateResult, stage: Stage | null, { metric }: TaskBody): ReplicateResult {
  const least = stage?.minScore ?? null
  if (stage === null || result.outcome !== "ok" || least === null) return result
  const passes = metric.goal === "minimize" ? result.score <= least : result.score >= least
  if (passes) return result
  const detail = `ended after stage ${stage.name}: its score ${result.score} does not reach ${least}`
  return { outcome: "incorrect", detail, feedback: result.feedback }
}

/** How far a run is that does not say how long it will be. */
function shareOfBudget({ budget }: TaskBody, step: number | null, seconds: number): number {
  if (budget.type === "steps" && step !== null) return Math.min(1, step / budget.value)
  return Math.min(1, seconds / (budget.type === "wall" ? budget.value : budget.killSeconds))
}

function countedSteps(result: ReplicateResult): number | null {
  const steps = result.outcome === "ok" ? result.metrics["num_steps"] : undefined
  return steps !== undefined && Number.isSafeInteger(steps) && steps >= 0 ? steps : null
}

/** Memory of an accelerator, which the sandbox cannot see. */
function reportedMemory(result: ReplicateResult | null): number | null {
  const reported = result?.outcome === "ok" ? result.metrics["peak_vram_mb"] : undefined
  return reported !== undefined && reported > 0 ? reported : null
}

/** Bytes of artifacts that one replicate may leave. */
function artifactRoom({ replay }: TaskBody): number {
  return Math.min(ARTIFACT_BYTES, Math.floor(OBJECT_BYTES / replay.replicates))
}

/** The files below `artifacts/`; null where they are too many, or larger than `room` bytes together. */
async function readArtifacts(outputs: Outputs, room: number): Promise<FileTree | null> {
  const paths = [...outputs.files.keys()].filter((path) => path.startsWith(ARTIFACTS))
  if (paths.length > ARTIFACT_FILES) return null
  const files = new Map<string, Uint8Array>()
  let left = room
  for (const path of paths) {
    const bytes = await outputs.read(path, left)
    if (bytes === undefined) return null
    left -= bytes.length
    files.set(path.slice(ARTIFACTS.length), bytes)
  }
  return files
}

function conclude(number: number, judged: readonly Judged[]): ReplicateRun {
  const jobs = judged.map(({ job }) => job)
  const last = judged.at(-1)
  const result = last?.result ?? null
  const measured = {
    number,
    feedback: result?.feedback ?? "",
    steps: largest(judged.map(({ steps }) => steps)),
    wallSeconds: sum(jobs.map((job) => job.wallSeconds)),
    cpuSeconds: jobs.some((job) => job.cpuSeconds === null) ? null : sum(jobs.map((job) => job.cpuSeconds ?? 0)),
    peakMemoryMb: largest([...jobs.map((job) => job.peakMemoryMb), reportedMemory(result)]),
    output: jobs.map((job) => job.outputTail).join("\n"),
    artifacts: last?.artifacts ?? null,
  }
  if (result?.outcome === "ok") {
    return { ...measured, outcome: "ok", detail: "", score: result.score, metrics: result.metrics }
  }
  const ending = result ?? last?.job
  return {
    ...measured,
    outcome: ending?.outcome ?? "infra",
    detail: ending?.detail ?? "nothing was run",
    score: null,
    metrics: {},
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
