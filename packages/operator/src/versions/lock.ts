import { readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { isSporeError, SporeError } from "@spore/records"
import { z } from "zod"
import type { OperatorErrorCode } from "../error-codes.ts"
import { claimFile, type FileClaim, findClaim } from "../process/claim-file.ts"
import { identityOf, isAlive } from "../process/identity.ts"

const holderSchema = z.object({ doing: z.string().max(200) })
type Holder = z.infer<typeof holderSchema>

const POLL_MS = 50

/**
 * Does `work` while no other process changes the folder.
 *
 * @param patience milliseconds to wait for another one to be done
 * @throws SporeError `versions_busy`
 */
export async function whileLocked<T>(
  folder: string,
  doing: string,
  patience: number,
  work: () => Promise<T>,
): Promise<T> {
  const path = join(folder, "lock")
  const claim = await claimPatiently(path, { doing }, Date.now() + patience)
  try {
    await removeDrafts(folder)
    return await work()
  } finally {
    claim.release()
  }
}

async function claimPatiently(path: string, holder: Holder, until: number): Promise<FileClaim<Holder>> {
  for (;;) {
    try {
      return await claimFile(path, holderSchema, holder)
    } catch (error) {
      if (!isSporeError(error, "already_claimed")) throw error
      if (Date.now() >= until) throw await busy(path, error)
      await delay(POLL_MS)
    }
  }
}

async function busy(path: string, cause: unknown): Promise<Error> {
  const holder = await findClaim(path, holderSchema)
  const who = holder === null ? "another process" : `process ${holder.pid} (${holder.doing})`
  return new SporeError<OperatorErrorCode>("versions_busy", `${who} is changing the installed versions`, {
    cause,
    next: "try again in a minute",
  })
}

/** What processes that were killed while they claimed left beside the lock. */
async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^lock\.(?:stale\.)?(\d+)(?:\.|$)/.exec(name)?.[1]
    // Others are about to claim by theirs.
    if (pid !== undefined && !isAlive(identityOf(Number(pid)))) await rm(join(folder, name), { force: true })
  }
}
