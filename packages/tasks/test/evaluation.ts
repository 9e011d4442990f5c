import { execFile } from "node:child_process"
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const PACKAGE = fileURLToPath(new URL("../bundled/char-lm/", import.meta.url))

/** What an evaluator left and said. */
export interface Evaluation {
  exitCode: number
  stdout: string
  stderr: string
  /** Null where correct.json says correct. */
  error: string | null
  /** NaN where there is no metrics.json. */
  score: number
  /** The public metrics. */
  metrics: Record<string, unknown>
  feedback: string
}

export interface EvaluationChoice {
  /** Files that stand in for the package's own. */
  files?: Record<string, string>
  steps?: number
  /** Held-out characters, a multiple of 32. */
  heldOut?: number
  /** Wall seconds after which the evaluator gives up. */
  seconds?: number
}

/** A program whose model predicts the same for every symbol, with statements put into it. */
export function program({ top = "", create = "", step = "", predict = "", observe = "" } = {}): string {
  return `${top};
export function createModel(shape) {
  const distributions = new Float32Array(shape.streams * shape.vocab).fill(1);
  ${create};
  return {
    parameters: 1,
    step(symbols) { ${step}; return 4 },
    predict() { ${predict}; return distributions },
    observe(symbols) { ${observe}; },
  }
}
`
}

/** Runs the real evaluator on a copy of the package with a smaller budget, which no candidate can change. */
export async function evaluate(choice: EvaluationChoice): Promise<Evaluation> {
  const { files = {}, steps = 2, heldOut = 128, seconds } = choice
  const root = await mkdtemp(join(tmpdir(), "spore-tasks-"))
  try {
    const [folder, results] = [join(root, "package"), join(root, "results")]
    await cp(PACKAGE, folder, { recursive: true })
    await mkdir(results)
    const manifest = await readFile(join(folder, "spore.task.json"), "utf8")
    await writeFile(join(folder, "spore.task.json"), manifest.replace('"value": 1000', `"value": ${steps}`))
    await shorten(join(folder, "heldout.txt"), heldOut)
    await shorten(join(folder, "train.txt"), 50_000)
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    const ended = await run(folder, results, seconds === undefined ? {} : { SPORE_BUDGET_S: String(seconds / 100) })
    const correct = await readFields(results, "correct.json")
    const metrics = await readFields(results, "metrics.json")
    return {
      ...ended,
      error: correct["correct"] === true ? null : String(correct["error"]),
      score: Number(metrics["combined_score"]),
      metrics: fieldsOf(metrics["public"]),
      feedback: String(metrics["text_feedback"]),
    }
  } finally {
    await rm(root, { recursive: true })
  }
}

function run(
  folder: string,
  results: string,
  env: Record<string, string>,
): Promise<Pick<Evaluation, "exitCode" | "stdout" | "stderr">> {
  const args = ["evaluator.mjs", "--program_path", join(folder, "train.mjs"), "--results_dir", results]
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { cwd: folder, env, maxBuffer: 1e8 }, (_error, stdout, stderr) => {
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr })
    })
  })
}

async function shorten(file: string, length: number): Promise<void> {
  await writeFile(file, (await readFile(file)).subarray(0, length))
}

async function readFields(folder: string, name: string): Promise<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(await readFile(join(folder, name), "utf8")))
  } catch {
    return {}
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value ?? {}))
}
