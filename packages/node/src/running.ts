import { readFileSync, rmSync } from "node:fs"
import { link, readFile, rename, rm, writeFile } from "node:fs/promises"
import { SporeError, hasErrorCode } from "@spore/records"
import { z } from "zod"
import type { DataFolderErrorCode } from "./data-folder.ts"

/** What a running node writes beside its data, for other commands to find it. */
export interface Running {
  pid: number
  /** When the process began, in the kernel's words; tells a process from a later one with the same pid. */
  process_start: string | null
  /** Unix seconds. */
  started_at: number
  /** Of explorer and API; null until they are open. */
  url: string | null
  /** Multiaddrs for peers. */
  addresses: string[]
}

/** The hold of this process on a data folder. */
export interface FolderClaim {
  /** Tells other commands where the node can be reached. */
  announce(url: string, addresses: readonly string[]): Promise<void>
  /** At once, since it may be the last thing that the process does. */
  release(): void
}

const runningSchema: z.ZodType<Running> = z.object({
  pid: z.number().int().positive(),
  process_start: z.string().nullable(),
  started_at: z.number(),
  url: z.string().nullable(),
  addresses: z.array(z.string()),
})

/** The node that runs on a data folder; null where none does, whatever the file says. */
export async function findRunning(path: string): Promise<Running | null> {
  const running = await readRunning(path)
  return running !== null && isAlive(running) ? running : null
}

/**
 * Takes a data folder for this process. The file of a process that is gone is replaced.
 *
 * @param now Unix milliseconds
 * @throws SporeError `already_running`
 */
export async function claimFolder(path: string, dataDir: string, now: number): Promise<FolderClaim> {
  const own: Running = {
    pid: process.pid,
    process_start: processStat(process.pid).start,
    started_at: Math.floor(now / 1000),
    url: null,
    addresses: [],
  }
  const draft = `${path}.${process.pid}`
  await write(draft, own)
  try {
    while (!(await linked(draft, path))) {
      const other = await findRunning(path)
      if (other !== null) throw alreadyRunning(other, dataDir)
      await removeStale(path)
    }
  } finally {
    await rm(draft, { force: true })
  }

  return {
    announce: async (url, addresses) => {
      await write(draft, { ...own, url, addresses: [...addresses] })
      await rename(draft, path)
    },
    release: () => {
      if (readOwner(path) === process.pid) rmSync(path, { force: true })
    },
  }
}

/** Moves the file aside before looking once more, so that the file of a node that starts at this moment is kept. */
async function removeStale(path: string): Promise<void> {
  const aside = `${path}.stale.${process.pid}`
  try {
    await rename(path, aside)
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return
    throw error
  }
  const taken = await readRunning(aside)
  if (taken !== null && isAlive(taken)) await linked(aside, path)
  await rm(aside, { force: true })
}

/** Whether the file could be put there; false where there is one. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (hasErrorCode(error, "EEXIST")) return false
    throw error
  }
}

function write(path: string, running: Running): Promise<void> {
  return writeFile(path, `${JSON.stringify(running)}\n`, { mode: 0o600 })
}

async function readRunning(path: string): Promise<Running | null> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"))
    return runningSchema.safeParse(value).data ?? null
  } catch {
    // None, or not one of ours: those are put in place whole.
    return null
  }
}

function readOwner(path: string): number | undefined {
  try {
    return runningSchema.safeParse(JSON.parse(readFileSync(path, "utf8"))).data?.pid
  } catch {
    return undefined
  }
}

function isAlive({ pid, process_start }: Running): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // A process of another user cannot be signalled, and is there.
    if (!hasErrorCode(error, "EPERM")) return false
  }
  const { state, start } = processStat(pid)
  // A zombie has ended; its parent has not looked yet.
  if (state === "Z") return false
  return process_start === null || start === null || start === process_start
}

/** State and start time, in clock ticks since boot; null where the system does not say (other than Linux). */
function processStat(pid: number): { state: string | null; start: string | null } {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8")
    // The name in parentheses may hold anything: fields 3 (state) and 22 (start) are counted from its end.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
    return { state: fields[0] ?? null, start: fields[19] ?? null }
  } catch {
    return { state: null, start: null }
  }
}

function alreadyRunning(other: Running, dataDir: string): Error {
  const since = new Date(other.started_at * 1000).toISOString().slice(0, 19)
  const where = other.url === null ? "" : `, explorer at ${other.url}`
  const message = `a node runs on ${dataDir} already (process ${other.pid}, since ${since}Z${where})`
  return new SporeError<DataFolderErrorCode>("already_running", message, {
    next: `spore status; or stop it with: kill ${other.pid}; or give another --data-dir`,
  })
}
