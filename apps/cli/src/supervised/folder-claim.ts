import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { claimFile, type FileClaim, findClaim, type ProcessIdentity } from "@spore/operator/process"
import { isSporeError, messageOf, SporeError } from "@spore/records"
import { z } from "zod"
import { type SupervisorFields, supervisorPath, supervisorSchema } from "../service/claim.ts"

const POLL_MS = 100
/** For a node to end in order that lost its supervisor. */
const PATIENCE_MS = 15_000

/**
 * Makes this process the one that supervises the node of a data folder: `spore stop` ends it first.
 *
 * @throws SporeError `already_running`, `folder_unusable`
 */
export async function claimSupervisor(dataDir: string, fields: SupervisorFields): Promise<FileClaim<SupervisorFields>> {
  const path = supervisorPath(dataDir)
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    return await claimFile(path, supervisorSchema, fields)
  } catch (error) {
    if (isSporeError(error, "already_claimed")) throw alreadyRunning(dataDir, await findClaim(path, supervisorSchema))
    throw new SporeError("folder_unusable", `the data folder ${dataDir} cannot be used: ${messageOf(error)}`, {
      cause: error,
      next: "choose another folder with --data-dir or SPORE_DATA_DIR",
    })
  }
}

/**
 * Waits until no node holds a data folder: one whose supervisor was killed needs a moment to end, and is no reason to
 * take the next for broken.
 *
 * @throws SporeError `already_running`
 */
export async function waitForFolder(dataDir: string, patience: number = PATIENCE_MS): Promise<void> {
  const path = join(dataDir, "running.json")
  for (const end = performance.now() + patience; ;) {
    const holder = await findClaim(path, z.object({}))
    if (holder === null) return
    if (performance.now() >= end) throw alreadyRunning(dataDir, holder)
    await delay(POLL_MS)
  }
}

function alreadyRunning(dataDir: string, holder: ProcessIdentity | null): SporeError {
  const who = holder === null ? "" : ` (process ${holder.pid})`
  return new SporeError("already_running", `a node runs on ${dataDir} already${who}`, {
    next: "spore status; or end it with: spore stop; or give another --data-dir",
  })
}
