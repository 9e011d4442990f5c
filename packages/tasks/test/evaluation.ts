import { silentLogger } from "@spore/records"
import { addFolder, createMemoryArtifactStore, type FileTree, readTree } from "@spore/records/artifacts"
import { createRunner, type EvaluationResult, parseTaskPackage, type Sandbox } from "@spore/runner"
import { makeEnv, makeTask, temporaryFolder, testIdentity } from "@spore/testkit"
import { execFile } from "node:child_process"
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { NAMES, readPackage, storePackage } from "../src/folder.ts"

/** A bundled task's package, with other files in the place of some. */
export interface Package {
  bundle: FileTree
  baseline: FileTree
}

export async function bundledPackage(name: string, files: Record<string, string> = {}): Promise<Package> {
  const bundled = NAMES.find((known) => known.name === name)
  if (bundled === undefined) throw new Error(`no bundled task ${name}`)
  const { bundle, baseline } = await readPackage(bundled)
  const changed = Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)] as const)
  const isCandidate = (path: string): boolean => bundled.editable.includes(path)
  return {
    bundle: new Map([...bundle, ...changed.filter(([path]) => !isCandidate(path))]),
    baseline: new Map([...baseline, ...changed.filter(([path]) => isCandidate(path))]),
  }
}

export function textOf({ bundle, baseline }: Package, path: string): string {
  const bytes = bundle.get(path) ?? baseline.get(path)
  if (bytes === undefined) throw new Error(`no file ${path}`)
  return new TextDecoder().decode(bytes)
}

/** What an evaluator left and said. */
export interface Evaluation {
  exitCode: number
  stdout: string
  stderr: string
  /** Null where correct.json says correct. */
  error: string | null
  /** NaN where there is none. */
  score: number
  /** The public metrics. */
  metrics: Record<string, unknown>
  feedback: string
  /** Text of the artifacts, by path. */
  artifacts: Record<string, string>
}

/** Runs the evaluator as a program of its own, as somebody does who writes a candidate. */
export async function evaluateAlone({ bundle, baseline }: Package, seconds?: number): Promise<Evaluation> {
  const manifest = parseTaskPackage(textOf({ bundle, baseline }, "spore.task.json"))
  await using root = await temporaryFolder()
  const [folder, results] = [join(root.path, "package"), join(root.path, "results")]
  for (const [path, bytes] of [...bundle, ...baseline]) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), bytes)
  }
  await mkdir(results)
  const args = ["evaluator.mjs", "--program_path", join(folder, manifest.candidate.entry), "--results_dir", results]
  const ended = await runNode(folder, args, seconds === undefined ? {} : { SPORE_BUDGET_S: String(seconds) })
  return { ...ended, ...(await readResults(results)) }
}

/** Runs the task's check on artifacts. */
export async function checkAlone({ bundle }: Package, artifacts: Record<string, string>): Promise<Evaluation> {
  await using root = await temporaryFolder()
  const [folder, given, results] = ["package", "artifacts", "results"].map((name) => join(root.path, name))
  if (folder === undefined || given === undefined || results === undefined) throw new Error("no folder")
  for (const path of [folder, given, results]) await mkdir(path)
  for (const [path, bytes] of bundle) await writeFile(join(folder, path), bytes)
  for (const [path, text] of Object.entries(artifacts)) await writeFile(join(given, path), text)
  const ended = await runNode(folder, ["check.mjs", "--artifacts_dir", given, "--results_dir", results], {})
  return { ...ended, ...(await readResults(results)) }
}

/** A task at work as on a node, with the walls that a node has. */
export interface Bench extends AsyncDisposable {
  /** Judges the package's candidate. */
  evaluate(): Promise<EvaluationResult>
  /** In artifact replay: scores what a candidate left. */
  rescore(object: FileTree): Promise<EvaluationResult>
  /** What a candidate left. */
  objectOf(result: EvaluationResult): Promise<FileTree>
}

export async function evaluateApart(sandbox: Sandbox, files: Package): Promise<EvaluationResult> {
  await using bench = await createBench(sandbox, files)
  return await bench.evaluate()
}

export async function createBench(sandbox: Sandbox, files: Package): Promise<Bench> {
  const { metric, replay, budget, classKeys } = parseTaskPackage(textOf(files, "spore.task.json"))
  const store = createMemoryArtifactStore()
  const links = await storePackage(store, files)
  const task = makeTask(testIdentity(1), { metric, replay, budget, classKeys, ...links })
  const folder = await temporaryFolder()
  const runner = createRunner({
    sandbox,
    artifacts: store,
    workDir: folder.path,
    env: makeEnv(),
    log: silentLogger,
  })
  const job = {
    task: task.body,
    code: links.baseline,
    replicates: Array.from({ length: replay.replicates }, (_, number) => ({
      number,
      seed: replay.seeds[number] ?? 1000 + number,
    })),
  }
  return {
    evaluate: () => runner.evaluate(job),
    rescore: async (object) => runner.evaluate({ ...job, object: await addFolder(store, object) }),
    objectOf: async ({ object }) => (object === null ? new Map() : readTree(store, object)),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

function runNode(
  folder: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Pick<Evaluation, "exitCode" | "stdout" | "stderr">> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { cwd: folder, env, maxBuffer: 1e8 }, (_error, stdout, stderr) => {
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr })
    })
  })
}

async function readResults(folder: string): Promise<Omit<Evaluation, "exitCode" | "stdout" | "stderr">> {
  const correct = await readFields(join(folder, "correct.json"))
  const metrics = await readFields(join(folder, "metrics.json"))
  const names = await readdir(join(folder, "artifacts")).catch(() => [])
  const artifacts = await Promise.all(
    names.map(async (name) => [name, await readFile(join(folder, "artifacts", name), "utf8")] as const),
  )
  return {
    error: correct["correct"] === true ? null : String(correct["error"]),
    score: Number(metrics["combined_score"]),
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
