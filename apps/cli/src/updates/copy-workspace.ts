import { constants } from "node:fs"
import { copyFile, link, lstat, mkdir, readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { hasErrorCode } from "@spore/records"

/** Names of half-made copies; an instruction can name nothing that begins with a dot. */
const DRAFT = ".spore-copy-"
const MAX_DEPTH = 32

/** What came of a copy, in files. */
export interface Copied {
  readonly written: number
  /** Those that were there already, or are behind a link. */
  readonly kept: number
}

/**
 * Copies a folder of a package to a place below `<data>/workspace/`. What is there stays as it is; no link is followed
 * on either side, and none is made. Done once more, it makes what is missing.
 *
 * @param parts of the place, below `<data>/workspace/`
 */
export async function copyWorkspace(source: string, dataDir: string, parts: readonly string[]): Promise<Copied> {
  let target = dataDir
  for (const part of ["workspace", ...parts]) {
    target = join(target, part)
    if (!(await isOwnFolder(target))) return { written: 0, kept: 1 }
  }
  return copyFolder(source, target, 0)
}

async function copyFolder(source: string, target: string, depth: number): Promise<Copied> {
  if (depth > MAX_DEPTH) throw new RangeError(`${source} is nested too deep`)
  await removeDrafts(target)
  let [written, kept] = [0, 0]
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)]
    if (entry.isDirectory()) {
      const inside = (await isOwnFolder(to)) ? await copyFolder(from, to, depth + 1) : { written: 0, kept: 1 }
      written += inside.written
      kept += inside.kept
    } else if (entry.isFile()) {
      if (await copyOne(from, to, join(target, `${DRAFT}${entry.name}`.slice(0, 255)))) written++
      else kept++
    }
  }
  return { written, kept }
}

/** Makes the folder where there is nothing; whether it is a folder now, and no link to one. */
async function isOwnFolder(path: string): Promise<boolean> {
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (!hasErrorCode(error, "EEXIST")) throw error
  })
  return (await lstat(path)).isDirectory()
}

/** Whole or not at all; false where something is there. */
async function copyOne(from: string, to: string, draft: string): Promise<boolean> {
  await copyFile(from, draft, constants.COPYFILE_EXCL)
  try {
    await link(draft, to)
    return true
  } catch (error) {
    if (hasErrorCode(error, "EEXIST")) return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** What a copy that was killed left. */
async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(DRAFT)) await rm(join(folder, name), { force: true })
  }
}
