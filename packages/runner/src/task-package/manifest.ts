/**
 * `spore.task.json`: what a task package says of itself. `docs/spec/16-task-packages.md` explains each field.
 *
 * @packageDocumentation
 */
import {
  type Budget,
  budgetSchema,
  messageOf,
  type Metric,
  metricSchema,
  type Replay,
  replaySchema,
  SporeError,
} from "@spore/records"
import { z } from "zod"

/** Name of the file that makes a folder a task package. */
export const TASK_FILE = "spore.task.json"

/** The part of a task that candidates change. */
export interface CandidateSpec {
  /** The files a proposal may change, relative to the folder. One file: its CID is the code; several: their folder's. */
  editable: string[]
  /** The file handed to the evaluator as `--program_path`. */
  entry: string
  language: string
}

/** A part of an evaluation that a candidate must pass before the next begins. The last stage's score is the result. */
export interface Stage {
  /** Told to the evaluator as `SPORE_STAGE`. */
  name: string
  /** The worst score that passes, in the metric's own direction; null where every score does. */
  minScore: number | null
  /** Wall seconds, at most the budget's `killSeconds`. */
  timeoutS: number
}

/**
 * Whether the judge runs the candidate in a sandbox of its own (`separate`), or in its own process or sandbox
 * (`shared`), where a candidate that means ill could reach the results. Results of the latter are marked as weaker.
 */
export type Judge = "separate" | "shared"

/** `<cmd> --program_path P --results_dir D` writes `D/metrics.json` and `D/correct.json`. */
export interface NativeEvaluator {
  kind: "native"
  /** Program and arguments, run in the package's folder. Absent where the candidate itself is what `check` judges. */
  cmd?: string[] | undefined
  judge: Judge
  stages?: Stage[] | undefined
  check?: string[] | undefined
}

/** Shinka's `evaluate.py`, unchanged; its `combined_score` is maximised. */
export interface ShinkaEvaluator {
  kind: "shinka"
  /** `evaluate.py` unless said otherwise. */
  file: string
  check?: string[] | undefined
}

/** OpenEvolve's `evaluator.py`, unchanged: `evaluate(path)`, or `evaluate_stage1` … `evaluate_stage3`. */
export interface OpenEvolveEvaluator {
  kind: "openevolve"
  /** `evaluator.py` unless said otherwise. */
  file: string
  /** The metric that is the score: `combined_score`, else the mean of all numeric ones, unless said otherwise. */
  score?: string | undefined
  /** Thresholds of the cascade, where the evaluator has stages; OpenEvolve's own by default. */
  stages?: Stage[] | undefined
  check?: string[] | undefined
}

/** A command that prints its results: `METRIC name=number`, or `name: number` lines after a line `---`. */
export interface StdoutEvaluator {
  kind: "stdout"
  /** Program and arguments; `{program}` stands for the candidate's entry. */
  cmd: string[]
  /** The printed name that is the score; the metric's own name unless said otherwise. */
  score?: string | undefined
}

/** Harbor's `tests/test.sh`, which writes `/logs/verifier/reward.json` or `reward.txt`. */
export interface HarborEvaluator {
  kind: "harbor"
  /** `tests/test.sh` unless said otherwise. */
  file: string
}

/** A JavaScript module with `export function evaluate(context)`, which returns a number or native metrics. */
export interface JavaScriptEvaluator {
  kind: "javascript"
  /** `evaluator.mjs` unless said otherwise. */
  file: string
  judge: Judge
  stages?: Stage[] | undefined
  check?: string[] | undefined
}

/**
 * How a candidate is judged. `check`: in artifact replay, `<check> --artifacts_dir A --results_dir D` scores what the
 * evaluator left in `D/artifacts/`, in a sandbox of its own where no code of the candidate ever ran.
 */
export type EvaluatorSpec =
  | NativeEvaluator
  | ShinkaEvaluator
  | OpenEvolveEvaluator
  | StdoutEvaluator
  | HarborEvaluator
  | JavaScriptEvaluator

/** Python packages beyond the machine's own: a file of pinned requirements with hashes. */
export interface EnvironmentSpec {
  /** A frozen file of the package, in pip's requirements format. */
  lock: string
  /** Whether packages of the machine's own Python are seen too. */
  systemPackages: boolean
}

/** `spore.task.json`. */
export interface TaskPackage {
  $schema?: string | undefined
  format: 1
  name: string
  description: string
  type: string
  artifact: string
  candidate: CandidateSpec
  evaluator: EvaluatorSpec
  metric: Metric
  replay: Replay
  budget: Budget
  classKeys: string[]
  requires: Record<string, string>
  environment?: EnvironmentSpec | undefined
  /** Memory the evaluator may use, in MiB; each run of a candidate in a sandbox of its own may use as much besides. */
  memoryMb: number
  network: "none"
}

/**
 * `task_package_malformed`: `spore.task.json` or a file's name is not as it should be. `task_package_incomplete`: a file
 * it names is missing. `task_package_disagrees`: it contradicts the signed task. `task_not_inferred`: a folder without
 * it does not tell what it would. `candidate_files`: a candidate has other files than the editable ones.
 */
export type TaskPackageErrorCode =
  | "task_not_inferred"
  | "task_package_malformed"
  | "task_package_incomplete"
  | "task_package_disagrees"
  | "candidate_files"

const relativePath = z
  .string()
  .max(256)
  .regex(
    /^(?!\.\.?(\/|$))[A-Za-z0-9._-]+(\/(?!\.\.?(\/|$))[A-Za-z0-9._-]+)*$/,
    "expected a relative path of plain names",
  )

const command = z
  .array(z.string().min(1).max(256))
  .min(1)
  .max(32)
  .refine(
    ([program = ""]) => /^(node$|python3$|sh$|\/)/.test(program),
    "expected node, python3, sh or an absolute path",
  )
  .describe("Program and arguments, run in the package's folder; the program is node, python3, sh or an absolute path.")

const check = command
  .optional()
  .describe(
    "In artifact replay: <check> --artifacts_dir A --results_dir D scores what the evaluator left in D/artifacts/.",
  )
const judge = z
  .enum(["separate", "shared"])
  .default("shared")
  .describe("separate: the evaluator starts candidates by the library, each in a sandbox of its own. shared is weaker.")
const stages = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(/^[a-z][a-z0-9_-]{0,31}$/, "expected a short lower-case name")
        .describe("Told to the evaluator as SPORE_STAGE."),
      minScore: z.number().nullable().describe("The worst score that passes; null where every score does."),
      timeoutS: z.number().positive().max(86_400).describe("Wall seconds."),
    }),
  )
  .min(1)
  .max(8)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "expected every stage once")
  .optional()
  .describe("Run one after another, each only where the one before passed; the last one's score is the result.")
const scoreName = z.string().min(1).max(64).optional().describe("The name of the measurement that is the score.")
const file = (name: string): z.ZodType<string, string | undefined> =>
  relativePath.default(name).describe("The evaluator's own file.")

const evaluatorSchema: z.ZodType<EvaluatorSpec> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("native"), cmd: command.optional(), judge, stages, check }),
  z.strictObject({ kind: z.literal("shinka"), file: file("evaluate.py"), check }),
  z.strictObject({ kind: z.literal("openevolve"), file: file("evaluator.py"), score: scoreName, stages, check }),
  z.strictObject({ kind: z.literal("stdout"), cmd: command, score: scoreName }),
  z.strictObject({ kind: z.literal("harbor"), file: file("tests/test.sh") }),
  z.strictObject({ kind: z.literal("javascript"), file: file("evaluator.mjs"), judge, stages, check }),
])

const slug = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, "expected a short lower-case identifier")

/** The schema of `spore.task.json`. */
export const taskPackageSchema: z.ZodType<TaskPackage> = z
  .strictObject({
    $schema: z.string().optional(),
    format: z.literal(1),
    name: z.string().min(1).max(64),
    description: z.string().max(8192).describe("What the candidate is, what it is given, and what is measured."),
    type: slug.describe("Such as ml_train or optimization."),
    artifact: slug.describe("What a candidate is: javascript, python_train_script, wasm, solution, command, …"),
    candidate: z.strictObject({
      editable: z
        .array(relativePath)
        .min(1)
        .max(32)
        .refine((paths) => new Set(paths).size === paths.length, "expected every file once")
        .describe("The files that candidates change; all others are frozen."),
      entry: relativePath.describe("The file handed to the evaluator as --program_path."),
      language: z.string().max(32),
    }),
    evaluator: evaluatorSchema.describe("How a candidate is judged."),
    metric: metricSchema.describe("What is measured, which way is better, and the least difference that counts."),
    replay: replaySchema.describe("How a claim is rerun and compared."),
    budget: budgetSchema.describe("What a run may spend; killSeconds of wall time end it."),
    classKeys: z
      .array(z.string().regex(/^(arch|os|accelerator|runtime\.[a-z][a-z0-9_]{0,31})$/, "expected a class key"))
      .max(8)
      .describe("What makes scores comparable: arch, os, accelerator, runtime.<name>. Empty: one class for all."),
    requires: z.record(z.string().min(1).max(64), z.string().max(128)).describe("What a machine needs. Advice only."),
    environment: z
      .strictObject({
        lock: relativePath.describe("A frozen file of pinned requirements with hashes, in pip's format."),
        systemPackages: z.boolean().default(false).describe("Whether the machine's own Python packages are seen too."),
      })
      .optional()
      .describe("Python packages that are prepared once, then used without network."),
    memoryMb: z
      .number()
      .int()
      .min(16)
      .max(1024 * 1024)
      .describe("Memory of the evaluator in MiB, and as much for each run of a candidate in a sandbox of its own."),
    network: z.literal("none"),
  })
  .superRefine(({ evaluator, artifact, replay }, context) => {
    const hasCheck = "check" in evaluator && evaluator.check !== undefined
    const refuse = (message: string): void => context.addIssue({ code: "custom", path: ["evaluator"], message })
    if (replay.mode === "artifact" && !hasCheck) refuse("artifact replay needs a `check` that scores the artifact")
    if (replay.mode !== "artifact" && hasCheck) refuse("a `check` is for artifact replay only")
    if (evaluator.kind === "native" && evaluator.cmd === undefined && !(hasCheck && artifact === "solution")) {
      refuse("a `cmd` is missing; only where the candidate is a `solution` a `check` alone is enough")
    }
  })

/**
 * Whether a task's candidates are apart from what judges them. In artifact replay the check has the last word, and
 * nothing of a candidate runs beside it.
 */
export function judgeOf(evaluator: EvaluatorSpec, replay: Pick<Replay, "mode">): Judge {
  if (replay.mode === "artifact") return "separate"
  return "judge" in evaluator ? evaluator.judge : "shared"
}

/**
 * Reads the text of a `spore.task.json`.
 *
 * @throws SporeError `task_package_malformed`
 */
export function parseTaskPackage(json: string): TaskPackage {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw malformed(`${TASK_FILE} is not JSON: ${messageOf(error)}`, error)
  }
  const parsed = taskPackageSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const { issues } = parsed.error
  const told = issues.slice(0, MAX_TOLD).map(({ path, message }) => `${path.join(".") || "it"}: ${message}`)
  const more = issues.length > MAX_TOLD ? `; and ${issues.length - MAX_TOLD} more` : ""
  throw malformed(`${TASK_FILE}: ${told.join("; ")}${more}`)
}

/** What is wrong with a manifest is told up to here. */
const MAX_TOLD = 5

function malformed(reason: string, cause?: unknown): SporeError<TaskPackageErrorCode> {
  return new SporeError("task_package_malformed", reason, {
    cause,
    next: `correct ${TASK_FILE}; spore task schema prints what it may hold`,
  })
}
