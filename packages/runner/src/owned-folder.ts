/**
 * Folders whose names say which process made them, so that those which a dead one left can be removed.
 *
 * @packageDocumentation
 */
import { lstat, mkdtemp, readdir } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { removeTree } from "./remove-tree.ts"
import { isOwnerGone, OWNER_MARK, ownerMark } from "./sandbox/owner.ts"

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string
}

/** What folders below the system's temporary one are named with: briefly, since a socket's path has some 100 bytes. */
const TEMPORARY = "spore"

/** Makes a private folder below the system's temporary one. */
export async function createTemporaryFolder(): Promise<TemporaryFolder> {
  const path = await makeOwnedFolder(tmpdir(), TEMPORARY)
  return { path, [Symbol.asyncDispose]: () => removeTree(path) }
}

/** Removes the temporary folders of this user's processes that are no more. */
export async function removeAbandonedTemporary(): Promise<void> {
  await removeAbandonedFolders(tmpdir(), TEMPORARY)
}

/** Makes a private folder of a kind below `parent`. */
export function makeOwnedFolder(parent: string, kind: string): Promise<string> {
  return mkdtemp(join(parent, `${kind}-${ownerMark()}-`))
}

/** Removes the folders of a kind below `parent` that were made by this user's processes that are no more. */
export async function removeAbandonedFolders(parent: string, kind: string): Promise<void> {
  const pattern = new RegExp(`^${kind}-(${OWNER_MARK})-`)
  for (const name of await readdir(parent).catch(() => [])) {
    const mark = pattern.exec(name)?.[1]
    const path = join(parent, name)
    if (mark !== undefined && isOwnerGone(mark) && (await isOwnFolder(path))) await removeTree(path)
  }
}

/** One of somebody else could change under the hand that removes it. */
async function isOwnFolder(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null)
  return found !== null && found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid())
}
