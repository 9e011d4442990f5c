import { readFile, stat } from "node:fs/promises"
import { extname, join } from "node:path"
import type { CID } from "@spore/records"
import type { ArtifactStore } from "@spore/records/artifacts"
import { addCandidate, type TaskPackage } from "@spore/runner"

/** Largest file of a candidate. */
const MAX_BYTES = 64 * 1024 * 1024

/**
 * The code of a commit in a folder: `<commit>` with the extension of the task's one editable file, or a folder
 * `<commit>` with the editable files. Null where neither is there in full.
 */
export async function candidateIn(
  folder: string,
  commit: string,
  taskPackage: TaskPackage,
  artifacts: ArtifactStore,
): Promise<CID | null> {
  const { editable } = taskPackage.candidate
  const [only, ...others] = editable
  const files = new Map<string, Uint8Array>()
  if (only !== undefined && others.length === 0) {
    const content = await readIfThere(join(folder, commit + extname(only)))
    if (content !== null) files.set(only, content)
  }
  if (files.size === 0) {
    for (const path of editable) {
      const content = await readIfThere(join(folder, commit, path))
      if (content === null) return null
      files.set(path, content)
    }
  }
  return addCandidate(artifacts, taskPackage, files)
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  const found = await stat(path).catch(() => null)
  return found?.isFile() === true && found.size <= MAX_BYTES ? readFile(path) : null
}
