import { closeSync, existsSync, fsyncSync, openSync } from "node:fs"
import { chmod, copyFile, link, mkdir, readdir, rename, rm, stat, statfs } from "node:fs/promises"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { StoreErrorCode } from "@spore/dag"
import { type Clock, SporeError } from "@spore/records"

const MARGIN = 64 * 1024 * 1024

/** Where the restored database is made before it takes the place of the newer one. */
function draftOf(database: string): string {
  return `${database}.restoring`
}

export async function removeDraft(database: string): Promise<void> {
  for (const end of ["", "-wal", "-shm", "-journal"]) await rm(`${draftOf(database)}${end}`, { force: true })
}

/**
 * Copies a backup to where it is completed.
 *
 * @throws SporeError `database_full`, `database_unusable`
 */
export async function startDraft(
  database: string,
  backup: string,
  beforeStep: (step: string) => void,
): Promise<string> {
  beforeStep("remove the draft")
  await removeDraft(database)
  await assertRoom(dirname(database), (await stat(backup)).size + MARGIN)
  const draft = draftOf(database)
  beforeStep("copy the backup")
  await copyFile(backup, draft)
  await chmod(draft, 0o600)
  return draft
}

export interface PutInPlaceInit {
  readonly draft: string
  readonly database: string
  readonly backups: string
  /** Of the newer database. */
  readonly layout: number
  readonly clock: Clock
  readonly beforeStep: (step: string) => void
}

/**
 * Lets a complete draft take the place of the newer database, which gets a name of its own first: at each moment there
 * is a whole database in that place.
 *
 * @returns where the newer one lies
 * @throws SporeError `database_unusable` where another process has it open
 */
export async function putInPlace(init: PutInPlaceInit): Promise<string> {
  const { draft, database, backups, beforeStep } = init
  flush(draft)
  beforeStep("close the newer database")
  closeDatabase(database)
  await mkdir(backups, { recursive: true, mode: 0o700 })
  const aside = (await alreadyAside(database, backups)) ?? (await nameAside(init))
  flush(backups)
  beforeStep("put the draft in place")
  await rename(draft, database)
  flush(dirname(database))
  return aside
}

/** Brings what lies in the log into the file: a log beside another database would be taken for that one's. */
function closeDatabase(path: string): void {
  const file = new DatabaseSync(path)
  file.exec("PRAGMA busy_timeout = 10000; PRAGMA wal_checkpoint(TRUNCATE)")
  file.close()
  if (!existsSync(`${path}-wal`)) return
  throw new SporeError<StoreErrorCode>("database_unusable", `another process has ${path} open`, {
    next: "end it, and start again",
  })
}

/** From a start that was killed. */
async function alreadyAside(database: string, backups: string): Promise<string | null> {
  const { ino, nlink } = await stat(database)
  if (nlink === 1) return null
  for (const name of await readdir(backups)) {
    const path = join(backups, name)
    if (name.startsWith("newer-") && (await stat(path)).ino === ino) return path
  }
  return null
}

async function nameAside({ database, backups, layout, clock, beforeStep }: PutInPlaceInit): Promise<string> {
  const aside = join(backups, `newer-${layout}-${clock.now()}.sqlite`)
  beforeStep("name the newer database")
  await link(database, aside)
  return aside
}

async function assertRoom(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free >= needed) return
  const message = `going back to the database of before needs ${mebibytes(needed)} in ${folder}, and ${mebibytes(free)} are free`
  throw new SporeError<StoreErrorCode>("database_full", message, { next: "make room on that disk, and start again" })
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`
}

/** Windows keeps the names in a folder durable by itself, and refuses this. */
function flush(path: string): void {
  const file = openSync(path, "r")
  try {
    fsyncSync(file)
  } catch (error) {
    if (process.platform !== "win32") throw error
  } finally {
    closeSync(file)
  }
}
