/**
 * What the command line says of a task package beside its folder, and what was taken from the folder's files.
 *
 * @packageDocumentation
 */
import { basename } from "node:path"
import type { Metric } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import {
  type EvaluatorSpec,
  inferPackage,
  type PackageOverrides,
  type Stage,
  TASK_FILE,
  type TaskPackage,
} from "@spore/runner"
import { z } from "zod"

/** Characters of a description that are shown. */
const SHOWN = 100

/** The flags of `packageFlags`, as commander names them. */
export interface Stated {
  name?: string | undefined
  description?: string | undefined
  taskType?: string | undefined
  artifactType?: string | undefined
  metric?: string | undefined
  goal?: Metric["goal"] | undefined
  unit?: string | undefined
  minEffect?: number | undefined
  editable?: string[] | undefined
  entry?: string | undefined
  language?: string | undefined
  evaluator?: EvaluatorSpec["kind"] | undefined
  evaluatorFile?: string | undefined
  command?: string | undefined
  replicates?: number | undefined
  maxNoise?: number | undefined
  timeBudget?: number | undefined
  memory?: number | undefined
}

export const statedSchema: z.ZodType<Stated> = z.object({
  name: z.string().optional(),
  description: z.string().optional(),
  taskType: z.string().optional(),
  artifactType: z.string().optional(),
  metric: z.string().optional(),
  goal: z.enum(["minimize", "maximize"]).optional(),
  unit: z.string().optional(),
  minEffect: z.number().optional(),
  editable: z.array(z.string()).optional(),
  entry: z.string().optional(),
  language: z.string().optional(),
  evaluator: z.enum(["native", "shinka", "openevolve", "stdout", "harbor", "javascript"]).optional(),
  evaluatorFile: z.string().optional(),
  command: z.string().optional(),
  replicates: z.number().optional(),
  maxNoise: z.number().optional(),
  timeBudget: z.number().optional(),
  memory: z.number().optional(),
})

/**
 * The folder's files with a manifest that says what the flags say, since the bundle's own file and the signed task must
 * agree. A folder without `spore.task.json` gets one from what its files tell.
 *
 * @throws SporeError with a TaskPackageErrorCode
 */
export function statedFiles(files: FileTree, stated: Stated, folder: string): FileTree {
  const isStated = Object.values(stated).some((value) => value !== undefined)
  if (files.has(TASK_FILE) && !isStated) return files
  return withManifest(files, inferPackage(files, overridesOf(stated, folder)))
}

function withManifest(files: FileTree, manifest: TaskPackage): FileTree {
  return new Map([...files, [TASK_FILE, new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`)]])
}

function overridesOf(stated: Stated, folder: string): PackageOverrides {
  return {
    folder: basename(folder),
    name: stated.name,
    description: stated.description,
    type: stated.taskType,
    artifact: stated.artifactType,
    editable: stated.editable,
    entry: stated.entry,
    language: stated.language,
    evaluator: stated.evaluator,
    file: stated.evaluatorFile,
    command: stated.command === undefined ? undefined : shellCommand(stated.command, stated.evaluator),
    metric: given({ name: stated.metric, goal: stated.goal, unit: stated.unit, minEffect: stated.minEffect }),
    replay: given({ replicates: stated.replicates, maxNoise: stated.maxNoise }),
    timeBudget: stated.timeBudget,
    memoryMb: stated.memory,
  }
}

/** A native evaluator gets its arguments behind the line's own. */
function shellCommand(line: string, kind: Stated["evaluator"]): string[] {
  return kind === "native" ? ["sh", "-c", `${line} "$@"`, "sh"] : ["sh", "-c", line]
}

function given<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what was undefined is left out
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>
  }
}

/** What a package says of itself, and the flags that say otherwise. */
export function inferredLines(taskPackage: TaskPackage): string[] {
  const { candidate, evaluator, metric, replay, budget, environment, memoryMb } = taskPackage
  const judge = "file" in evaluator ? evaluator.file : (evaluator.cmd ?? []).join(" ")
  const stages = "stages" in evaluator ? (evaluator.stages ?? []) : []
  const files = candidate.editable.join(", ")
  return [
    `  in words    ${startOf(taskPackage.description)} (--description)`,
    `  evaluator   ${evaluator.kind}, ${judge} (--evaluator, --evaluator-file, --command)`,
    ...(stages.length === 0 ? [] : [`  stages      ${stages.map(stageWords).join(", ")}`]),
    `  candidate   ${files}; entry ${candidate.entry}, ${candidate.language} (--editable, --entry, --language)`,
    `  metric      ${metric.name}, ${metric.goal}, least difference ${metric.minEffect} (--metric, --goal, --min-effect)`,
    `  replay      ${replay.mode}, ${replay.replicates} runs, noise at most ${replay.maxNoise} (--replicates, --max-noise)`,
    `  budget      ${budget.value} s, stopped after ${budget.killSeconds} s (--time-budget)`,
    `  memory      ${memoryMb} MiB (--memory)`,
    ...(environment === undefined ? [] : [`  packages    those of ${environment.lock}, pinned by hash`]),
  ]
}

function startOf(text: string): string {
  if (text === "") return "nothing"
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`
}

function stageWords({ name, minScore }: Stage): string {
  return minScore === null ? name : `${name} from ${minScore}`
}
