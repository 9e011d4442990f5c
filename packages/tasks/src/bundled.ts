import { isKind, openEnvelope, SporeError, type SporeRecord } from "@spore/records"
import type { ArtifactStore, FileTree } from "@spore/records/artifacts"
import { readFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { BUNDLED, type BundledName, NAMES, readPackage, storePackage } from "./folder.ts"

/** `bundled_task_damaged`: a task's files are not those that were signed. */
export type TasksErrorCode = "bundled_task_damaged"

/** A task that comes with this package. */
export interface BundledTask {
  readonly name: string
  /** The signed task, as every node of this release has it. */
  readonly envelope: Uint8Array
  readonly record: SporeRecord<"task">
  /** The frozen files. */
  readonly files: FileTree
  /** The editable files as the first candidate has them. */
  readonly baseline: FileTree
}

/**
 * Reads the bundled tasks.
 *
 * @throws SporeError `bundled_task_damaged`
 */
export async function bundledTasks(): Promise<BundledTask[]> {
  return Promise.all(NAMES.map(readTask))
}

/** The bundled tasks' ids, in the order in which a node would take them up. Their files are not looked at. */
export function bundledTaskIds(): string[] {
  return NAMES.map(({ name }) => openEnvelope(new Uint8Array(readFileSync(envelopeOf(name)))).id)
}

/**
 * Stores the blocks of all bundled tasks, frozen files and baselines, and gives the tasks.
 *
 * @throws SporeError `bundled_task_damaged` where files and signed task do not agree
 */
export async function importBundled(store: ArtifactStore): Promise<BundledTask[]> {
  const tasks = await bundledTasks()
  for (const task of tasks) {
    const { bundle, baseline } = await storePackage(store, { bundle: task.files, baseline: task.baseline })
    if (!bundle.equals(task.record.body.bundle) || !baseline.equals(task.record.body.baseline)) {
      throw damaged(task.name, "its files are not those that were signed")
    }
  }
  return tasks
}

async function readTask(bundled: BundledName): Promise<BundledTask> {
  const { name } = bundled
  const envelope = new Uint8Array(await readFile(envelopeOf(name)))
  const record = openEnvelope(envelope)
  if (!isKind(record, "task")) throw damaged(name, "its envelope holds no task")
  const { bundle: files, baseline } = await readPackage(bundled)
  return { name, envelope, record, files, baseline }
}

function envelopeOf(name: string): URL {
  return new URL(`${name}.task`, BUNDLED)
}

function damaged(name: string, reason: string): SporeError<TasksErrorCode> {
  return new SporeError("bundled_task_damaged", `the bundled task ${name} is damaged: ${reason}`, {
    next: "install Spore again; in a source tree, sign a changed package as a new task (scripts/release.ts)",
  })
}
