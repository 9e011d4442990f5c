import { type Claimed, claimFile, findClaim } from "@spore/operator/process"
import { isSporeError, SporeError } from "@spore/records"
import { z } from "zod"
import type { DataFolderErrorCode } from "./data-folder.ts"

/** What a running node says of itself beside its data, for other commands to find it. */
interface Announced {
  /** Unix seconds. */
  started_at: number
  /** Of explorer and API; null until they are open. */
  url: string | null
  /** Multiaddrs for peers. */
  addresses: string[]
}

export type Running = Claimed<Announced>

/** The hold of this process on a data folder. */
export interface FolderClaim {
  /** Tells other commands where the node can be reached. */
  announce(url: string, addresses: readonly string[]): Promise<void>
  /** At once, since it may be the last thing that the process does. */
  release(): void
}

const announcedSchema: z.ZodType<Announced> = z.object({
  started_at: z.number(),
  url: z.string().nullable(),
  addresses: z.array(z.string()),
})

/** The node that runs on a data folder; null where none does, whatever the file says. */
export function findRunning(path: string): Promise<Running | null> {
  return findClaim(path, announcedSchema)
}

/**
 * Takes a data folder for this process. The file of a process that is gone is replaced.
 *
 * @param now Unix milliseconds
 * @throws SporeError `already_running`
 */
export async function claimFolder(path: string, dataDir: string, now: number): Promise<FolderClaim> {
  const started: Announced = { started_at: Math.floor(now / 1000), url: null, addresses: [] }
  const claim = await claimFile(path, announcedSchema, started).catch(async (error: unknown) => {
    if (!isSporeError(error, "already_claimed")) throw error
    throw alreadyRunning(await findRunning(path), dataDir)
  })
  return {
    announce: (url, addresses) => claim.update({ ...started, url, addresses: [...addresses] }),
    release: () => claim.release(),
  }
}

function alreadyRunning(other: Running | null, dataDir: string): Error {
  const since = other === null ? "" : ` (${runs(other)})`
  return new SporeError<DataFolderErrorCode>("already_running", `a node runs on ${dataDir} already${since}`, {
    next: "spore status; or end it with: spore stop; or give another --data-dir",
  })
}

function runs({ pid, started_at, url }: Running): string {
  const since = new Date(started_at * 1000).toISOString().slice(0, 19)
  return `process ${pid}, since ${since}Z${url === null ? "" : `, explorer at ${url}`}`
}
