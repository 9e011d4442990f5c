/**
 * A manifest for a folder that has none: tasks of other projects, taken as they are.
 *
 * @packageDocumentation
 */
import { type Metric, type Replay, SporeError } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import { detectEvaluator } from "../evaluators/detect.ts"
import { candidateOf } from "./infer-candidate.ts"
import { environmentOf } from "./infer-environment.ts"
import { descriptionOf, memoryOf, secondsOf } from "./infer-limits.ts"
import { metricOf } from "./infer-metric.ts"
import { cascadeOf } from "./openevolve-config.ts"
import {
  type CandidateSpec,
  type EvaluatorSpec,
  type OpenEvolveEvaluator,
  parseTaskPackage,
  TASK_FILE,
  type TaskPackage,
  type TaskPackageErrorCode,
} from "./manifest.ts"

/** What is said of a task beside its folder; it goes before what the folder says. */
export interface PackageOverrides {
  /** The folder's name: the task's, where nothing else names it. */
  folder?: string | undefined
  name?: string | undefined
  description?: string | undefined
  type?: string | undefined
  artifact?: string | undefined
  editable?: string[] | undefined
  entry?: string | undefined
  language?: string | undefined
  evaluator?: EvaluatorSpec["kind"] | undefined
  /** The evaluator's file, where it has another name than usual. */
  file?: string | undefined
  /** Program and arguments of a `stdout` evaluator. */
  command?: string[] | undefined
  metric?: Partial<Metric> | undefined
  replay?: Partial<Replay> | undefined
  /** Wall seconds; a run may take twice that before it is stopped. */
  timeBudget?: number | undefined
  memoryMb?: number | undefined
}

const MAX_KILL_SECONDS = 86_400

/**
 * The manifest of a folder: its `spore.task.json`, else what its files tell, each with what the overrides say.
 *
 * @throws SporeError `task_not_inferred`, whose `next` names the flag and the field that would say it, or
 *   `task_package_malformed`
 */
export function inferPackage(files: FileTree, overrides: PackageOverrides = {}): TaskPackage {
  const text = (path: string): string => new TextDecoder().decode(files.get(path))
  const base = files.has(TASK_FILE) ? parseTaskPackage(text(TASK_FILE)) : inferred(files, text, overrides)
  const { timeBudget } = overrides
  const candidate: CandidateSpec = {
    editable: overrides.editable ?? base.candidate.editable,
    entry: overrides.entry ?? base.candidate.entry,
    language: overrides.language ?? base.candidate.language,
  }
  const stated: TaskPackage = {
    ...base,
    name: overrides.name ?? base.name,
    description: overrides.description ?? base.description,
    type: overrides.type ?? base.type,
    artifact: overrides.artifact ?? base.artifact,
    candidate,
    evaluator: statedEvaluator(files, base, overrides),
    metric: { ...base.metric, ...withoutUndefined(overrides.metric) },
    replay: { ...base.replay, ...withoutUndefined(overrides.replay) },
    budget: timeBudget === undefined ? base.budget : wallBudget(timeBudget, base.budget.killSeconds),
    memoryMb: overrides.memoryMb ?? base.memoryMb,
  }
  return parseTaskPackage(JSON.stringify(stated))
}

function inferred(files: FileTree, text: (path: string) => string, overrides: PackageOverrides): TaskPackage {
  const evaluator = evaluatorOf(files, overrides)
  const candidate = candidateOf(files, evaluator, overrides)
  const { metric, isTraining } = metricOf(text, evaluator, candidate, overrides.metric ?? {})
  const seconds = overrides.timeBudget ?? secondsOf(files, evaluator)
  return {
    format: 1,
    name: overrides.name ?? overrides.folder ?? missing("what it is called", "--name NAME", "name"),
    description: descriptionOf(files, evaluator),
    type: isTraining ? "ml_train" : "optimization",
    artifact: isTraining && candidate.language === "python" ? "python_train_script" : candidate.language,
    candidate,
    evaluator: evaluator.kind === "openevolve" ? openEvolveAs(evaluator, text, overrides, seconds) : evaluator,
    metric,
    replay: {
      mode: "noisy",
      absTol: 0,
      relTol: 0,
      replicates: isTraining ? 1 : 3,
      maxNoise: isTraining ? 0.05 : 1,
      seeds: [],
    },
    // a training script spends its budget on training, and loads and evaluates besides
    budget: isTraining ? wallBudget(seconds, 0) : { type: "wall", value: seconds, killSeconds: Math.ceil(seconds) },
    classKeys: isTraining ? ["accelerator"] : [],
    requires: candidate.language === "python" || "file" in evaluator ? requirement(evaluator) : {},
    ...(usesPython(candidate, evaluator) ? environmentOf(files) : {}),
    memoryMb: memoryOf(files, evaluator) ?? (isTraining ? 16_384 : 4096),
    network: "none",
  }
}

/** The score that was asked for, and the thresholds of the project's own `config.yaml`. */
function openEvolveAs(
  evaluator: OpenEvolveEvaluator,
  text: (path: string) => string,
  { metric }: PackageOverrides,
  seconds: number,
): OpenEvolveEvaluator {
  const score = metric?.name
  // Its thresholds are the least that passes, which means nothing where less is better.
  const stages = metric?.goal === "minimize" ? null : cascadeOf(text("config.yaml"), text(evaluator.file), seconds)
  return {
    ...evaluator,
    ...(score === undefined || score === "combined_score" ? {} : { score }),
    ...(stages === null ? {} : { stages }),
  }
}

function usesPython({ language }: CandidateSpec, { kind }: EvaluatorSpec): boolean {
  return kind !== "harbor" && (language === "python" || kind === "openevolve" || kind === "shinka")
}

function requirement({ kind }: EvaluatorSpec): Record<string, string> {
  if (kind === "javascript") return { node: ">=22.16" }
  return kind === "harbor" ? {} : { python: ">=3.8" }
}

function evaluatorOf(files: FileTree, overrides: PackageOverrides): EvaluatorSpec {
  const found = detectEvaluator(files)
  const kind = overrides.evaluator ?? (overrides.command === undefined ? found?.kind : "stdout")
  if (kind === undefined) {
    throw new SporeError<TaskPackageErrorCode>(
      "task_not_inferred",
      `cannot tell how candidates are judged: there is no ${TASK_FILE}, no evaluate.py with --program_path, no ` +
        "evaluator.py with evaluate, no tests/test.sh with task.toml, no evaluator.mjs, no script that prints results",
      { next: `--evaluator KIND and --evaluator-file FILE, or --command LINE (evaluator in ${TASK_FILE})` },
    )
  }
  return found?.kind === kind ? withFile(found, overrides) : specOf(kind, overrides)
}

/** The evaluator as the overrides have it; the files decide nothing any more. */
function statedEvaluator(files: FileTree, base: TaskPackage, overrides: PackageOverrides): EvaluatorSpec {
  const isStated = [overrides.evaluator, overrides.file, overrides.command].some((value) => value !== undefined)
  return isStated && files.has(TASK_FILE) ? evaluatorOf(files, overrides) : base.evaluator
}

function specOf(kind: EvaluatorSpec["kind"], { file, command }: PackageOverrides): EvaluatorSpec {
  if (kind === "shinka") return { kind, file: file ?? "evaluate.py" }
  if (kind === "openevolve") return { kind, file: file ?? "evaluator.py" }
  if (kind === "harbor") return { kind, file: file ?? "tests/test.sh" }
  if (kind === "javascript") return { kind, file: file ?? "evaluator.mjs", judge: "shared" }
  const cmd = command ?? missing(`what runs the evaluator (${kind})`, "--command LINE", "evaluator.cmd")
  return kind === "native" ? { kind, cmd, judge: "shared" } : { kind, cmd }
}

function withFile(spec: EvaluatorSpec, { file, command }: PackageOverrides): EvaluatorSpec {
  if ("file" in spec) return { ...spec, file: file ?? spec.file }
  return command === undefined ? spec : { ...spec, cmd: command }
}

function wallBudget(seconds: number, least: number): TaskPackage["budget"] {
  const killSeconds = Math.min(MAX_KILL_SECONDS, Math.max(least, Math.ceil(2 * seconds)))
  return { type: "wall", value: seconds, killSeconds }
}

function missing(what: string, flag: string, field: string): never {
  throw new SporeError<TaskPackageErrorCode>("task_not_inferred", `cannot tell ${what}`, {
    next: `${flag} (${field} in ${TASK_FILE})`,
  })
}

function withoutUndefined<T extends object>(values: T | undefined): Partial<T> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fewer of the same fields
  return Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>
}
