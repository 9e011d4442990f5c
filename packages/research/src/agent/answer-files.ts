/**
 * What an agent left, read without trusting a name, a link or a size. Only to be called when none of its processes is
 * left. Even one that is left wins no race for a file: what is looked at and read is the open file itself, where the
 * kernel says that it lies.
 *
 * @packageDocumentation
 */
import { constants, readlinkSync } from "node:fs"
import { type FileHandle, lstat, open, readdir, realpath } from "node:fs/promises"
import { join, relative } from "node:path"

/** Why a file is not taken. */
export interface RefusedFile {
  refused: string
}

/**
 * A file's bytes, at most `maxBytes`; null where there is none; or why it is not read.
 *
 * @param root an absolute path without links, as it was before the agent began: asked for now, it would be the agent's
 *   word. Everything below it is the agent's
 */
export async function readPlainFile(
  root: string,
  path: string,
  maxBytes: number,
): Promise<Buffer | RefusedFile | null> {
  const target = join(root, path)
  const entry = await lstat(target).catch(() => null)
  if (entry === null) return null
  if (!entry.isFile()) return { refused: entry.isSymbolicLink() ? "is a symbolic link" : "is no plain file" }
  let file: FileHandle
  try {
    file = await open(target, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return { refused: "cannot be opened" }
  }
  try {
    if ((await openedPath(file, target)) !== target) {
      return { refused: "lies behind a symbolic link" }
    }
    const stat = await file.stat()
    if (!stat.isFile()) return { refused: "is no plain file" }
    if (stat.nlink !== 1) return { refused: "is a hard link" }
    if (stat.size > maxBytes) return { refused: `is larger than ${maxBytes} bytes` }
    const bytes = Buffer.alloc(stat.size)
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Where what is open lies, whatever its path led through: as the kernel says where it does. */
async function openedPath(file: FileHandle, target: string): Promise<string> {
  try {
    return readlinkSync(`/proc/self/fd/${file.fd}`)
  } catch {
    return realpath(target)
  }
}

/** Files below `root` by path, `/` between names, up to so many; none where `root` became a link. */
export async function listFiles(root: string, maxEntries: number): Promise<string[]> {
  const found: string[] = []
  const top = await lstat(root).catch(() => null)
  if (top?.isDirectory() !== true) return found
  const folders = [root]
  let seen = 0
  for (let folder = folders.pop(); folder !== undefined && seen < maxEntries; folder = folders.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      if (++seen > maxEntries) break
      const path = join(folder, entry.name)
      if (entry.isDirectory()) folders.push(path)
      else found.push(relative(root, path))
    }
  }
  return found
}
