import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs"
import { chmod, copyFile, link, mkdir, readdir, rm, stat, statfs } from "node:fs/promises"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setTimeout } from "node:timers/promises"
import { DATABASE_LAYOUT, type StoreErrorCode } from "@spore/dag"
import { type Clock, SporeError } from "@spore/records"

const MARGIN = 64 * 1024 * 1024
const LOOK_MS = 100

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
  /** How long to wait for those who have the newer one open or are at work on it. */
  readonly busyMs: number
  readonly beforeStep: (step: string) => void
}

/**
 * Lets a complete draft take the place of the newer database, which gets a name of its own first: at each moment there
 * is a whole database in that place. Who has the newer one open to read goes on reading that.
 *
 * @returns where the newer one lies
 * @throws SporeError `database_unusable` where another process is at work on it
 */
export async function putInPlace(init: PutInPlaceInit): Promise<string> {
  const { draft, database, backups, busyMs, beforeStep } = init
  flush(draft)
  beforeStep("close the newer database")
  await closeDatabase(database, busyMs)
  await mkdir(backups, { recursive: true, mode: 0o700 })
  const aside = (await alreadyAside(database, backups)) ?? (await nameAside(init))
  flush(backups)
  beforeStep("put the draft in place")
  removeLog(database)
  renameSync(draft, database)
  flush(dirname(database))
  return aside
}

/** Commands that have it open at the moment may end; who only reads may stay. */
async function closeDatabase(path: string, busyMs: number): Promise<void> {
  for (let left = busyMs; ; left -= LOOK_MS) {
    emptyLog(path, busyMs)
    if (left <= 0 || !existsSync(`${path}-wal`)) return
    await setTimeout(LOOK_MS)
  }
}

/** Brings what lies in the log into the file: a log beside another database would be taken for that one's. */
function emptyLog(path: string, busyMs: number): void {
  const file = new DatabaseSync(path, { timeout: busyMs })
  const busy = file.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.["busy"]
  file.close()
  if (busy !== 0) throw atWork(path)
}

/**
 * SQLite keeps an empty log while anybody has the database open, as a reader may for days. By its names the log and its
 * index would be the new database's as well: they go, and those who have them open keep them without names.
 */
function removeLog(path: string): void {
  const size = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size
  if (size === undefined) return
  // Written to since; and Windows lets nothing go that is open.
  if (size > 0 || process.platform === "win32") throw atWork(path)
  for (const end of ["-wal", "-shm"]) rmSync(`${path}${end}`, { force: true })
}

function atWork(path: string): SporeError<StoreErrorCode> {
  return new SporeError("database_unusable", `another process is at work on ${path}`, {
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

const ASIDE = /^newer-(\d+)-\d+\.sqlite$/

/** Newer databases that an older release put aside, and that this one is new enough to read. */
export async function readableAsides(backups: string): Promise<string[]> {
  const entries = await readdir(backups, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile() && Number(ASIDE.exec(entry.name)?.[1] ?? Infinity) <= DATABASE_LAYOUT)
    .map(({ name }) => join(backups, name))
    .toSorted()
}

export async function removeAsides(paths: readonly string[], beforeStep: (step: string) => void): Promise<void> {
  for (const path of paths) {
    beforeStep("remove a newer database")
    for (const end of ["-wal", "-shm", ""]) await rm(`${path}${end}`, { force: true })
  }
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
