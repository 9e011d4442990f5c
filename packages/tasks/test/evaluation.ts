import { parseTaskPackage } from "@spore/runner"
import { temporaryFolder } from "@spore/testkit"
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type Ended, layOut, type Package, run, textOf } from "./bench.ts"

/** What an evaluator left and said. */
export interface Evaluation extends Ended {
  /** Null where correct.json says correct. */
  error: string | null
  /** As metrics.json has it; undefined where it has none. */
  score: unknown
  /** The public metrics. */
  metrics: Record<string, unknown>
  feedback: string
  /** Text of the artifacts, by path. */
  artifacts: Record<string, string>
}

/** Runs the evaluator as a program of its own, as somebody does who writes a candidate. */
export async function evaluateAlone(files: Package, seconds?: number): Promise<Evaluation> {
  const manifest = parseTaskPackage(textOf(files, "spore.task.json"))
  await using root = await temporaryFolder()
  const [folder, results] = [join(root.path, "package"), join(root.path, "results")]
  await layOut(files, folder)
  await mkdir(results)
  const args = ["evaluator.mjs", "--program_path", join(folder, manifest.candidate.entry), "--results_dir", results]
  const ended = await run(process.execPath, args, folder, seconds === undefined ? {} : { SPORE_BUDGET_S: `${seconds}` })
  return { ...ended, ...(await readResults(results)) }
}

/** Runs the task's check on artifacts. */
export async function checkAlone(files: Package, artifacts: Record<string, string>): Promise<Evaluation> {
  await using root = await temporaryFolder()
  const [folder, given, results] = ["package", "artifacts", "results"].map((name) => join(root.path, name))
  if (folder === undefined || given === undefined || results === undefined) throw new Error("no folder")
  await layOut({ ...files, baseline: new Map() }, folder)
  for (const path of [given, results]) await mkdir(path)
  for (const [path, text] of Object.entries(artifacts)) await writeFile(join(given, path), text)
  const args = ["check.mjs", "--artifacts_dir", given, "--results_dir", results]
  const ended = await run(process.execPath, args, folder, {})
  return { ...ended, ...(await readResults(results)) }
}

async function readResults(folder: string): Promise<Omit<Evaluation, keyof Ended>> {
  const correct = await readFields(join(folder, "correct.json"))
  const metrics = await readFields(join(folder, "metrics.json"))
  const names = await readdir(join(folder, "artifacts")).catch(() => [])
  const artifacts = await Promise.all(
    names.map(async (name) => [name, await readFile(join(folder, "artifacts", name), "utf8")] as const),
  )
  return {
    error: correct["correct"] === true ? null : String(correct["error"]),
    score: metrics["combined_score"],
    metrics: fieldsOf(metrics["public"]),
    feedback: String(metrics["text_feedback"]),
    artifacts: Object.fromEntries(artifacts),
  }
}

async function readFields(file: string): Promise<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(await readFile(file, "utf8")))
  } catch {
    return {}
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value ?? {}))
}
