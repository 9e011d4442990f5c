import { randomUUID } from "node:crypto"
import { lstat, readlink, rename, rm, rmdir } from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { hasErrorCode, messageOf } from "@spore/records"
import { cliError } from "../errors.ts"
import { ASIDE } from "./parts.ts"
import type { Found } from "./survey.ts"

/**
 * Deletes what was found, part by part. A folder is moved aside first: whatever cuts this off, there is all of it or
 * nothing.
 *
 * @throws SporeError `file_unusable`
 */
export async function deleteFound(dataDir: string, found: readonly Found[]): Promise<void> {
  for (const { names } of found) for (const name of names) await deleteEntry(dataDir, name)
}

async function deleteEntry(dataDir: string, name: string): Promise<void> {
  const path = join(dataDir, name)
  try {
    const stats = await lstat(path)
    if (name === "control.sock" && stats.isSymbolicLink()) await deleteSocketElsewhere(path)
    if (!stats.isDirectory()) return await rm(path)
    const aside = name.startsWith(ASIDE) ? path : join(dataDir, `${ASIDE}${name}-${randomUUID()}`)
    if (aside !== path) await rename(path, aside)
    await rm(aside, { recursive: true })
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return
    throw cliError("file_unusable", `cannot delete ${path}: ${messageOf(error)}`, {
      cause: error,
      next: `ls -ld ${path}; then spore clean once more`,
    })
  }
}

/** A node with a long path has its socket in a folder of its own among the temporary ones. */
async function deleteSocketElsewhere(link: string): Promise<void> {
  const target = await readlink(link)
  const folder = dirname(target)
  if (dirname(folder) !== tmpdir() || !basename(folder).startsWith("spore-control-")) return
  await rm(target, { force: true })
  await rmdir(folder).catch(() => undefined)
}
