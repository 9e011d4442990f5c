import { readdir, readFile, stat } from "node:fs/promises"
import { basename, join } from "node:path"
import { type ExperimentRow, isRunnable, type RunnableTask, type Store } from "@spore/dag"
import { CID, isSporeError, messageOf } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import { addCandidate, candidateFiles, readBundle, type TaskPackage } from "@spore/runner"
import { cliError } from "../errors.ts"
import { experimentNamed } from "../evidence/filter.ts"
import { bringHere, type LocalArtifacts, openArtifacts } from "../exchange/local-artifacts.ts"
import { openFacts } from "../folder/facts.ts"

/** Largest file of a candidate. */
const MAX_BYTES = 64 * 1024 * 1024

/** An experiment's code as its task divides it into files. */
export interface ExperimentCode {
  readonly experiment: ExperimentRow
  readonly task: RunnableTask
  readonly taskPackage: TaskPackage
  /** The editable files. */
  readonly files: FileTree
}

/**
 * The editable files of an experiment; the running node fetches what is not held here.
 *
 * @param text its id or the beginning of it
 * @throws SporeError `bad_usage`, `not_found`, `ambiguous_id`, `not_runnable`
 */
export async function experimentCode(dataDir: string, text: string): Promise<ExperimentCode> {
  const { experiment, task } = await withFacts(dataDir, (store) => runnable(store, text))
  const local = await openArtifacts(dataDir)
  const code = CID.parse(experiment.code)
  for (const root of [task.body.bundle, code]) await bringHere(dataDir, local, root)
  const { package: taskPackage } = await readBundle(local.artifacts, task.body.bundle)
  return { experiment, task, taskPackage, files: await candidateFiles(local.artifacts, taskPackage, code) }
}

async function withFacts<T>(dataDir: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openFacts(dataDir)
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

async function runnable(store: Store, text: string): Promise<Pick<ExperimentCode, "experiment" | "task">> {
  const experiment = await store.experiment(await experimentNamed(store, text))
  const task = experiment === undefined ? undefined : await store.task(experiment.task)
  if (experiment === undefined || task === undefined || !isRunnable(task)) {
    throw cliError("not_runnable", `the task of ${text} has no manifest, so nothing of it can be run`, {
      next: "choose another experiment: spore frontier",
    })
  }
  return { experiment, task }
}

/** Stores a candidate that has some of the files of `parent` changed; gives its link. */
export async function storeCandidate(
  dataDir: string,
  { taskPackage, files }: ExperimentCode,
  changed: FileTree,
): Promise<CID> {
  const { artifacts }: LocalArtifacts = await openArtifacts(dataDir)
  return addCandidate(artifacts, taskPackage, new Map([...files, ...changed]))
}

/** What lies in a folder beside its editable files, and is not taken: at most ten names of its first level. */
export async function filesNotTaken(path: string, { candidate }: TaskPackage): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  const { editable } = candidate
  return entries
    .filter((entry) => !editable.some((name) => name === entry.name || name.startsWith(`${entry.name}/`)))
    .map(({ name }) => name)
    .toSorted()
    .slice(0, 10)
}

/** Gives the file of a candidate that is one file, which has no path of its own, the name that its task has for it. */
export async function named<File extends { path: string }>(
  dataDir: string,
  experiment: string,
  files: readonly File[],
): Promise<File[]> {
  const isLone = files.some(({ path }) => path === "")
  const name = isLone ? ((await loneFile(dataDir, experiment)) ?? "") : ""
  return files.map((file) => (file.path === "" ? { ...file, path: name } : file))
}

/** Undefined where its task is not held here. */
async function loneFile(dataDir: string, experiment: string): Promise<string | undefined> {
  try {
    const { task } = await withFacts(dataDir, (store) => runnable(store, experiment))
    const { artifacts } = await openArtifacts(dataDir)
    return (await readBundle(artifacts, task.body.bundle)).package.candidate.editable[0]
  } catch (error) {
    if (isSporeError(error)) return undefined
    throw error
  }
}

/**
 * The editable files in a folder, by their paths in it; or a single file, which stands for the one editable file of its
 * name, or for the only one there is.
 *
 * @throws SporeError `not_found`, `bad_candidate`
 */
export async function changedFiles(path: string, { candidate }: TaskPackage): Promise<FileTree> {
  const found = await stat(path).catch((error: unknown) => {
    throw cliError("not_found", `cannot read ${path}: ${messageOf(error)}`, { cause: error, next: `ls -l ${path}` })
  })
  const { editable } = candidate
  if (!found.isDirectory()) return new Map([[editableNamed(path, editable), await contentOf(path)]])
  const files = new Map<string, Uint8Array>()
  for (const name of editable) {
    const at = join(path, name)
    if ((await stat(at).catch(() => null))?.isFile() === true) files.set(name, await contentOf(at))
  }
  if (files.size > 0) return files
  throw cliError("bad_candidate", `${path} holds none of the editable files ${editable.join(", ")}`, {
    next: "begin with: spore code <experiment> --out <folder>",
  })
}

function editableNamed(path: string, editable: readonly string[]): string {
  const [only, ...others] = editable
  if (only !== undefined && others.length === 0) return only
  const [found, ...more] = editable.filter((name) => basename(name) === basename(path))
  if (found !== undefined && more.length === 0) return found
  throw cliError("bad_candidate", `which of the editable files ${editable.join(", ")} ${path} is cannot be told`, {
    next: "give a folder: spore code <experiment> --out <folder>",
  })
}

async function contentOf(path: string): Promise<Uint8Array> {
  const { size } = await stat(path)
  if (size > MAX_BYTES) throw cliError("bad_candidate", `${path} is larger than ${MAX_BYTES} bytes`)
  return readFile(path)
}
