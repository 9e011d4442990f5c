import { createHash, randomUUID } from "node:crypto"
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises"
import { dirname, join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { hasErrorCode, isSporeError, SporeError } from "@spore/records"
import { z } from "zod"
import type { OperatorErrorCode } from "../error-codes.ts"
import { claimFile, type FileClaim } from "../process/claim-file.ts"
import { onDisk } from "./problems.ts"

/** Metadata of a channel that was verified once: what is older than these is refused from then on. */
export interface MetadataCache {
  /** null: it is not there, or cannot be read. */
  read(name: string): Promise<Buffer | null>
  /** Durably, whole or not at all. @throws SporeError `disk_full`, `versions_read_only` */
  write(name: string, bytes: Uint8Array): Promise<void>
  remove(name: string): Promise<void>
}

const SUFFIX = ".tmp"
/** Pause between two tries to get the folder. */
const RETRY_MS = 50

/**
 * Does `work` with the metadata kept of the channel at `base`, which are this process's alone for the while.
 *
 * Kept by address alone: another root of trust at the same address finds nothing that its keys signed and starts
 * afresh, while the newer root of a newer program goes on with what is there.
 *
 * @throws SporeError `versions_busy`, `disk_full`, `versions_read_only`; the signal's reason where it is aborted
 */
export async function withCache<T>(
  folder: string,
  base: URL,
  signal: AbortSignal,
  work: (cache: MetadataCache) => Promise<T>,
): Promise<T> {
  const path = join(folder, createHash("sha256").update(base.href).digest("hex").slice(0, 32))
  let claim: FileClaim<object>
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    claim = await claimed(join(path, "lock"), signal)
  } catch (error) {
    throw onDisk(error, path)
  }
  try {
    await removeLeftovers(path)
    return await work(folderCache(path))
  } finally {
    claim.release()
  }
}

function folderCache(folder: string): MetadataCache {
  return {
    async read(name) {
      try {
        return await readFile(join(folder, name))
      } catch (error) {
        // Whatever it is instead, it would be in the way of the file.
        if (!hasErrorCode(error, "ENOENT")) await rm(join(folder, name), { recursive: true, force: true })
        return null
      }
    },
    async write(name, bytes) {
      const path = join(folder, name)
      try {
        await writeWhole(path, bytes)
      } catch (error) {
        throw onDisk(error, path)
      }
    },
    remove: (name) => rm(join(folder, name), { recursive: true, force: true }),
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.${randomUUID()}${SUFFIX}`
  try {
    const file = await open(draft, "wx", 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
  await syncFolder(dirname(path))
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r")
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Waits for another process to finish with the folder. */
async function claimed(path: string, signal: AbortSignal): Promise<FileClaim<object>> {
  for (;;) {
    try {
      return await claimFile(path, z.object({}), {})
    } catch (error) {
      // ENOENT: another claim of this same process took the draft away.
      if (!isSporeError(error, "already_claimed") && !hasErrorCode(error, "ENOENT")) throw error
    }
    await delay(RETRY_MS, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) {
      throw new SporeError<OperatorErrorCode>("versions_busy", "another process looks at the same channel", {
        cause: signal.reason,
        next: "look again once it is done",
      })
    }
  }
}

/** Of processes that were killed: nobody else writes here now. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.endsWith(SUFFIX)) await rm(join(folder, name), { force: true })
  }
}
