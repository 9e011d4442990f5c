import type { FileTree } from "@spore/records/artifacts"
import { basename, resolve } from "node:path"
import { inferPackage } from "./infer.ts"
import { TASK_FILE, type TaskPackage } from "./manifest.ts"
import { completePackage, readPackageFolder } from "./pack.ts"

/** A task package read from a folder, `spore.task.json` and editable files included. */
export interface TaskFolder {
  package: TaskPackage
  files: FileTree
}

/**
 * Reads the task in `folder`, a host path. One without `spore.task.json` gets what its files tell; nothing in it
 * changes.
 *
 * @throws SporeError with a TaskPackageErrorCode, `task_not_inferred` among them
 */
export async function readTaskFolder(folder: string): Promise<TaskFolder> {
  const found = await readPackageFolder(folder)
  const files = found.has(TASK_FILE) ? found : withManifest(found, folder)
  return { package: completePackage(files), files }
}

function withManifest(files: FileTree, folder: string): FileTree {
  const manifest = inferPackage(files, { folder: basename(resolve(folder)) })
  return new Map([...files, [TASK_FILE, new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`)]])
}
