import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import type { OperatorErrorCode } from "@spore/operator"
import { claimFile } from "@spore/operator/process"
import { hasErrorCode, isSporeError, messageOf, SporeError } from "@spore/records"
import { z } from "zod"

/**
 * Does something to the folder of versions that only one process of a user does at a time: asking a channel, and
 * fetching what it offers.
 *
 * @throws SporeError `versions_busy`, `versions_read_only`, `disk_full`, and what `work` throws
 */
export async function exclusively<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const claim = await claimFolderOfVersions(folder)
  try {
    return await work()
  } finally {
    claim.release()
  }
}

async function claimFolderOfVersions(folder: string): Promise<{ release(): void }> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return await claimFile(join(folder, "looking.json"), z.object({}), {})
  } catch (error) {
    if (isSporeError(error, "already_claimed")) {
      throw operatorError("versions_busy", "another process is looking for updates at this moment", error, "try again")
    }
    throw folderError(folder, error)
  }
}

/** What a write to the folder of versions failed by. */
export function folderError(folder: string, error: unknown): unknown {
  if (hasErrorCode(error, "ENOSPC", "EDQUOT", "EFBIG")) {
    return operatorError(
      "disk_full",
      `no room left in ${folder}`,
      error,
      "free some on its disk: spore clean cache logs environments",
    )
  }
  if (hasErrorCode(error, "EACCES", "EPERM", "EROFS", "ENOTDIR")) {
    const next = "make it writable for this user, or set SPORE_VERSIONS to another folder"
    return operatorError("versions_read_only", `${folder} cannot be written: ${messageOf(error)}`, error, next)
  }
  return error
}

function operatorError(code: OperatorErrorCode, message: string, cause: unknown, next: string): SporeError {
  return new SporeError<OperatorErrorCode>(code, message, { cause, next })
}
