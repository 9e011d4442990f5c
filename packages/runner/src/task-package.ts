import {
  type Budget,
  budgetSchema,
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

/** How a candidate is judged. */
export interface EvaluatorSpec {
  /** `native`: `<cmd> --program_path P --results_dir D`, which writes `D/metrics.json` and `D/correct.json`. */
  kind: "native"
  /** Program and arguments, run in the package's folder: `node`, `python3`, `sh` or an absolute path. */
  cmd: string[]
}

/** `spore.task.json`. */
export interface TaskPackage {
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
  /** Memory the evaluator and its candidate may use together, in MiB. */
  memoryMb: number
  network: "none"
}

/**
 * `task_package_malformed`: `spore.task.json` or a file's name is not as it should be. `task_package_incomplete`: a file
 * it names is missing. `task_package_disagrees`: it contradicts the signed task. `candidate_files`: a candidate has
 * other files than the editable ones.
 */
export type TaskPackageErrorCode =
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

const packageSchema: z.ZodType<TaskPackage> = z.strictObject({
  format: z.literal(1),
  name: z.string(),
  description: z.string(),
  type: z.string(),
  artifact: z.string(),
  candidate: z.strictObject({
    editable: z
      .array(relativePath)
      .min(1)
      .max(32)
      .refine((paths) => new Set(paths).size === paths.length, "expected every file once"),
    entry: relativePath,
    language: z.string().max(32),
  }),
  evaluator: z.strictObject({
    kind: z.literal("native"),
    cmd: z
      .array(z.string().min(1).max(256))
      .min(1)
      .max(32)
      .refine(
        ([program = ""]) => /^(node$|python3$|sh$|\/)/.test(program),
        "expected node, python3, sh or an absolute path",
      ),
  }),
  metric: metricSchema,
  replay: replaySchema,
  budget: budgetSchema,
  classKeys: z.array(z.string()),
  requires: z.record(z.string(), z.string()),
  memoryMb: z
    .number()
    .int()
    .min(16)
    .max(1024 * 1024),
  network: z.literal("none"),
})

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
    throw new SporeError<TaskPackageErrorCode>("task_package_malformed", `${TASK_FILE} is not JSON`, { cause: error })
  }
  const parsed = packageSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new SporeError<TaskPackageErrorCode>(
    "task_package_malformed",
    `${TASK_FILE}: ${issue?.path.join(".")}: ${issue?.message}`,
  )
}
