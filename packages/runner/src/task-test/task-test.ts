/**
 * Tries a task package before it is published: is its baseline repeatable, and does its evaluator refuse candidates
 * that cheat? What is found here cannot be mended once others build on the task.
 *
 * @packageDocumentation
 */
import { type CID, experimentSeed, type Logger, type TaskBody } from "@spore/records"
import { addFolder, type ArtifactStore, createMemoryArtifactStore, type FileTree } from "@spore/records/artifacts"
import type { Env } from "@spore/records"
import type { Environments } from "../environment/environment.ts"
import type { EvaluationResult } from "../evaluation.ts"
import { createRunner, type Runner } from "../runner.ts"
import type { Sandbox } from "../sandbox/sandbox.ts"
import { type Judge, TASK_FILE, type TaskPackage } from "../task-package/manifest.ts"
import { addCandidate } from "../task-package/pack.ts"
import { unsignedTask } from "../task-package/unsigned-task.ts"
import { type Cheat, cheatsFor } from "./cheats.ts"
import { type Noise, noiseOf } from "./noise.ts"

/** One run of the baseline. */
export interface BaselineRun {
  outcome: EvaluationResult["outcome"]
  /** Mean over its replicates; null unless it is ok. */
  score: number | null
  detail: string
  seconds: number
}

/** What became of a cheat. */
export interface CheatRun {
  name: string
  what: string
  outcome: EvaluationResult["outcome"]
  score: number | null
  detail: string
  /** Whether the evaluator did not fall for it. */
  refused: boolean
}

export interface TaskTestReport {
  name: string
  judge: Judge
  baseline: BaselineRun[]
  /** Null where the baseline did not run. */
  noise: Noise | null
  cheats: CheatRun[]
  /** What must be mended before the task is published. */
  problems: string[]
  /** What would make the task better. */
  advice: string[]
  passed: boolean
}

/** What is being run, for whoever waits. */
export interface TaskTestStep {
  what: string
  done: number
  total: number
  /** Wall seconds that it may take. */
  atMost: number
}

export interface TaskTestInit {
  package: TaskPackage
  /** The package's files, editable ones included. */
  files: FileTree
  sandbox: Sandbox
  env: Env
  /** As `RunnerInit.workDir`. */
  workDir: string
  log: Logger
  /** As `RunnerInit.environments`. */
  environments?: Environments
  /** As `RunnerInit.jobEnv`. */
  jobEnv?: Readonly<Record<string, string>>
  /** As `RunnerInit.resource`. */
  resource?: number
  /** Runs of the baseline, 5 by default. */
  runs?: number
  /** Whether cheats are tried, too; they are by default. */
  cheats?: boolean
  /** A cheat gets three times as long as the slowest baseline and these wall seconds, 10 by default. */
  cheatSeconds?: number
  signal?: AbortSignal
  onStep?: (step: TaskTestStep) => void
  onLine?: (line: string) => void
}

const RUNS = 5
const CHEAT_TIME_FACTOR = 3
const CHEAT_SECONDS = 10
const LEAST_CHEAT_MB = 512

/** Runs a task's baseline and the cheats that fit it. */
export async function testTask(init: TaskTestInit): Promise<TaskTestReport> {
  const { package: taskPackage, sandbox, onStep, onLine, signal } = init
  const artifacts = createMemoryArtifactStore()
  const { workDir, env, log, environments, jobEnv, resource } = init
  const runner = createRunner({
    sandbox,
    artifacts,
    workDir,
    env,
    log,
    ...(environments === undefined ? {} : { environments }),
    ...(jobEnv === undefined ? {} : { jobEnv }),
    ...(resource === undefined ? {} : { resource }),
  })
  const options = { ...(signal === undefined ? {} : { signal }), ...(onLine === undefined ? {} : { onLine }) }
  const evaluate = (task: TaskBody, code: CID, number: number): Promise<EvaluationResult> =>
    runner.evaluate({ task, code, replicates: replicatesOf(task, code, number), mayPrepare: true }, options)

  const runs = init.runs ?? RUNS
  const { task, baseline } = await store(artifacts, taskPackage, init.files)
  const results: EvaluationResult[] = []
  for (let run = 0; run < runs; run++) {
    onStep?.({ what: "baseline", done: run, total: runs, atMost: taskPackage.budget.killSeconds })
    results.push(await evaluate(task, task.baseline, run))
    if (results.at(-1)?.outcome !== "ok") break
  }
  const report: Omit<TaskTestReport, "passed"> = {
    name: taskPackage.name,
    judge: results[0]?.judge ?? "shared",
    baseline: results.map(baselineRun),
    noise: null,
    cheats: [],
    problems: [],
    advice: [],
  }
  const failed = results.find(({ outcome }) => outcome !== "ok")
  if (failed !== undefined) {
    const install = failed.missing === null ? "" : ` (${failed.missing.install})`
    report.problems.push(`the baseline does not run: ${failed.outcome}: ${failed.detail}${install}`)
    return { ...report, passed: false }
  }
  const noise = noiseOf(results.map(scoreOf).filter((score) => score !== null))
  report.noise = noise
  report.problems.push(...(await replayProblems(runner, task, results, noise)))

  const slowest = Math.max(...results.map(({ seconds }) => seconds)) / taskPackage.replay.replicates
  const limited = withLimits(taskPackage, {
    seconds: CHEAT_TIME_FACTOR * slowest + (init.cheatSeconds ?? CHEAT_SECONDS),
    // so that a memory bomb is there within that time
    memoryMb: Math.max(LEAST_CHEAT_MB, ...results.map((result) => 2 * (result.peakMemoryMb ?? taskPackage.memoryMb))),
  })
  const quick = await store(artifacts, limited, init.files)
  const { candidate, metric } = taskPackage
  const { memoryMb } = limited
  const fitting =
    init.cheats === false ? [] : cheatsFor({ candidate, baseline, metric, baselineScore: noise.mean, memoryMb })
  const cheats = fitting.filter(({ needsWalls }) => sandbox.isolated || needsWalls !== true)
  for (const [index, cheat] of cheats.entries()) {
    if (signal?.aborted === true) break
    onStep?.({ what: cheat.name, done: index, total: cheats.length, atMost: limited.budget.killSeconds })
    const code = await addCandidate(artifacts, taskPackage, cheat.files)
    report.cheats.push(cheatRun(cheat, await evaluate(quick.task, code, 0), taskPackage, noise))
  }
  for (const cheat of report.cheats.filter(({ refused }) => !refused)) {
    report.problems.push(`a cheat worked: ${cheat.name} (${cheat.what}) was scored ${digits(cheat.score)}`)
  }
  report.advice.push(...adviceFor(taskPackage, report, noise))
  for (const { name } of fitting.filter((cheat) => !cheats.includes(cheat))) {
    report.advice.push(`not tried: ${name}, which without a sandbox would write into folders of yours; test in one`)
  }
  return { ...report, passed: report.problems.length === 0 && signal?.aborted !== true }
}

/** Packs the files as the package says now, and makes an unsigned task of them. */
async function store(
  artifacts: ArtifactStore,
  taskPackage: TaskPackage,
  files: FileTree,
): Promise<{ task: TaskBody; baseline: FileTree }> {
  const { editable } = taskPackage.candidate
  const manifest = new TextEncoder().encode(JSON.stringify(taskPackage))
  const frozen = new Map([...files].filter(([path]) => !editable.includes(path)))
  const baseline = new Map([...files].filter(([path]) => editable.includes(path)))
  const task = unsignedTask({
    package: taskPackage,
    bundle: await addFolder(artifacts, new Map([...frozen, [TASK_FILE, manifest]])),
    baseline: await addCandidate(artifacts, taskPackage, baseline),
  })
  return { task, baseline }
}

/** The replicates of run `number`: as many authors would draw as many seeds. */
function replicatesOf(task: TaskBody, code: CID, number: number): { number: number; seed: number }[] {
  const author = new Uint8Array(32).fill(number + 1)
  return Array.from({ length: task.replay.replicates }, (_, replicate) => ({
    number: replicate,
    seed: experimentSeed(task, code, author, replicate),
  }))
}

async function replayProblems(
  runner: Runner,
  task: TaskBody,
  results: readonly EvaluationResult[],
  noise: Noise,
): Promise<string[]> {
  const { mode, absTol, relTol, maxNoise } = task.replay
  const tolerance = Math.max(absTol, relTol * Math.abs(noise.mean))
  if (mode === "exact" && noise.spread > tolerance) {
    return [
      `replay is exact, but the baseline's scores differ by ${digits(noise.spread)}; allowed are ${digits(tolerance)}`,
    ]
  }
  if (mode === "noisy" && noise.sd > maxNoise) {
    return [`the baseline's noise is ${digits(noise.sd)}; replay.maxNoise allows ${digits(maxNoise)}`]
  }
  const [first] = results
  if (mode !== "artifact" || first === undefined || first.object === null) return []
  const replicates = replicatesOf(task, task.baseline, 0)
  const again = await runner.evaluate({ task, code: task.baseline, replicates, object: first.object })
  const gap = Math.abs((scoreOf(again) ?? Infinity) - (scoreOf(first) ?? Infinity))
  return gap <= tolerance ? [] : [`the check scores the same object anew as ${again.outcome} ${scoreOf(again) ?? ""}`]
}

function cheatRun(cheat: Cheat, result: EvaluationResult, { metric }: TaskPackage, noise: Noise): CheatRun {
  const score = scoreOf(result)
  const gain = score === null ? -Infinity : metric.goal === "minimize" ? noise.mean - score : score - noise.mean
  const isBetter = gain > 0 && gain >= Math.max(metric.minEffect, 3 * noise.sd)
  const { outcome, detail } = result
  const isRefused = outcome !== "ok" && outcome !== "infra" && outcome !== "aborted"
  const refused = isRefused || (outcome === "ok" && cheat.expected === "no gain" && !isBetter)
  return { name: cheat.name, what: cheat.what, outcome, score, detail, refused }
}

function adviceFor(
  { metric, replay, evaluator }: TaskPackage,
  { judge, cheats }: Pick<TaskTestReport, "judge" | "cheats">,
  noise: Noise,
): string[] {
  const advice: string[] = []
  const isRescored = replay.mode === "artifact"
  if (judge === "shared" && !isRescored) {
    advice.push(
      `judge and candidate share ${evaluator.kind === "native" ? "a sandbox" : "a process"}: a candidate that means ` +
        "ill could change its result. Start candidates by the library, or use artifact replay",
    )
  }
  const crashed = cheats.filter(({ outcome }) => outcome === "crash").map(({ name }) => name)
  if (judge === "separate" && !isRescored && crashed.length > 0) {
    advice.push(
      `the evaluator itself failed on: ${crashed.join(", ")}. Check what a candidate prints, and say what is wrong`,
    )
  }
  if (replay.mode === "noisy" && metric.minEffect < noise.sd) {
    advice.push(
      `minEffect ${digits(metric.minEffect)} is below the noise of one run, ${digits(noise.sd)}: small gains take many reruns`,
    )
  }
  return advice
}

/** A number for people. */
function digits(value: number | null): string {
  return value === null ? "nothing" : `${Number(value.toPrecision(6))}`
}

function baselineRun(result: EvaluationResult): BaselineRun {
  const { outcome, detail, seconds } = result
  return { outcome, score: scoreOf(result), detail, seconds }
}

function scoreOf({ scores }: EvaluationResult): number | null {
  return scores.length === 0 ? null : scores.reduce((sum, score) => sum + score / scores.length, 0)
}

/** A package whose runs get less, so that cheats come to their end sooner. */
function withLimits(
  taskPackage: TaskPackage,
  { seconds, memoryMb }: { seconds: number; memoryMb: number },
): TaskPackage {
  const { budget } = taskPackage
  return {
    ...taskPackage,
    memoryMb: Math.min(taskPackage.memoryMb, Math.ceil(memoryMb)),
    budget: { ...budget, killSeconds: Math.min(budget.killSeconds, Math.ceil(seconds)) },
  }
}
