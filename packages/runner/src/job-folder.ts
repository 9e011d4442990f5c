import { hasErrorCode, SporeError } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import { chmod, mkdir, writeFile } from "node:fs/promises"
import { dirname, join, resolve, sep } from "node:path"
import { makeOwnedFolder, removeAbandonedFolders, removeAbandonedTemporary } from "./owned-folder.ts"
import { removeTree } from "./remove-tree.ts"
import type { TaskPackageErrorCode } from "./task-package/manifest.ts"

/** What a path that cannot be, or contradicts another one, is refused with. */
const OF_PATHS = ["EEXIST", "ENOTDIR", "EISDIR", "ENAMETOOLONG", "EINVAL"]
const KIND = "job"

/** The host's side of a job: a private folder with one to read from and one to write to. */
export interface JobFolder extends AsyncDisposable {
  /** Holds both, and goes with the job. */
  readonly root: string
  readonly inputs: string
  readonly outputs: string
}

/**
 * Lays out `files` in a fresh folder below `workDir`. Others on the host cannot enter it; within, the files are
 * readable by the user that a sandbox picks.
 *
 * @throws SporeError `task_package_malformed` for paths that leave the folder, cannot be or contradict each other; what
 *   the system says where it lacks the room or the right
 */
export async function createJobFolder(workDir: string, files: FileTree): Promise<JobFolder> {
  await mkdir(workDir, { recursive: true, mode: 0o700 })
  const root = await makeOwnedFolder(workDir, KIND)
  const folder: JobFolder = {
    root,
    inputs: join(root, "in"),
    outputs: join(root, "out"),
    [Symbol.asyncDispose]: () => removeTree(root),
  }
  try {
    await makeFolder(folder.inputs)
    await mkdir(folder.outputs, { mode: 0o700 })
    for (const [path, content] of files) await place(folder.inputs, path, content)
    return folder
  } catch (error) {
    await removeTree(root)
    throw error
  }
}

/** Removes the job folders, and what else runs keep in temporary folders, of processes that are no more. */
export async function removeLeftovers(workDir: string): Promise<void> {
  await removeAbandonedFolders(workDir, KIND)
  await removeAbandonedTemporary()
}

async function place(root: string, path: string, content: Uint8Array): Promise<void> {
  const target = resolve(root, path)
  if (!target.startsWith(root + sep) || path.includes("\0")) throw conflict(path)
  try {
    await makeParents(root, dirname(target))
    await writeFile(target, content, { flag: "wx" })
    await chmod(target, 0o644)
  } catch (error) {
    throw hasErrorCode(error, ...OF_PATHS) ? conflict(path, error) : error
  }
}

async function makeParents(root: string, folder: string): Promise<void> {
  if (folder === root) return
  await makeParents(root, dirname(folder))
  await makeFolder(folder)
}

/** With its mode set by hand: what mkdir is given passes through the umask. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true })
  await chmod(path, 0o755)
}

function conflict(path: string, cause?: unknown): SporeError<TaskPackageErrorCode> {
  return new SporeError("task_package_malformed", `cannot lay out ${JSON.stringify(path)}`, { cause })
}
