import { silentLogger } from "@spore/records"
import { addFolder, createMemoryArtifactStore, type FileTree, readTree } from "@spore/records/artifacts"
import { createRunner, type EvaluationResult, parseTaskPackage, type RunnerInit, type Sandbox } from "@spore/runner"
import { makeEnv, makeTask, temporaryFolder, testIdentity } from "@spore/testkit"
import { execFile } from "node:child_process"
import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { NAMES, readPackage, storePackage } from "../src/folder.ts"

/** A bundled task's package, with other files in the place of some. */
export interface Package {
  bundle: FileTree
  baseline: FileTree
}

export async function bundledPackage(name: string, files: Record<string, string | Uint8Array> = {}): Promise<Package> {
  const bundled = NAMES.find((known) => known.name === name)
  if (bundled === undefined) throw new Error(`no bundled task ${name}`)
  const { bundle, baseline } = await readPackage(bundled)
  const changed = Object.entries(files).map(([path, content]) => [path, bytesOf(content)] as const)
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

/** Text in which each of the given pieces, which it must have, is replaced. */
export function replaced(text: string, pieces: Record<string, string>): string {
  return Object.entries(pieces).reduce((changed, [piece, other]) => {
    if (!changed.includes(piece)) throw new Error(`the text has no ${JSON.stringify(piece)}`)
    return changed.replace(piece, other)
  }, text)
}

/** Lays a package out in a folder, as somebody has it who works on a candidate. */
export async function layOut({ bundle, baseline }: Package, folder: string): Promise<void> {
  for (const [path, bytes] of [...bundle, ...baseline]) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), bytes)
  }
}

export interface Ended {
  exitCode: number
  stdout: string
  stderr: string
}

/** Runs a program to its end; with `env`, it has these variables and no others. */
export function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env?: Record<string, string>,
): Promise<Ended> {
  return new Promise((resolve) => {
    const own = env === undefined ? {} : { env }
    const child = execFile(program, args, { cwd, maxBuffer: 1e8, ...own }, (_error, stdout, stderr) => {
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr })
    })
  })
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

export async function evaluateApart(
  sandbox: Sandbox,
  files: Package,
  init: Partial<RunnerInit> = {},
): Promise<EvaluationResult> {
  await using bench = await createBench(sandbox, files, init)
  return await bench.evaluate()
}

export async function createBench(sandbox: Sandbox, files: Package, init: Partial<RunnerInit> = {}): Promise<Bench> {
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
    ...init,
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

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content
}
