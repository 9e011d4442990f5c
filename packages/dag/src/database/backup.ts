import { closeSync, fsyncSync, openSync } from "node:fs"
import { mkdir, readdir, rename, rm, statfs } from "node:fs/promises"
import { join } from "node:path"
import { backup, DatabaseSync } from "node:sqlite"
import { SporeError } from "@spore/records"
import type { StoreErrorCode } from "../store.ts"
import { databaseError } from "./errors.ts"
import { layoutOf } from "./any-layout.ts"
import { DATABASE_LAYOUT } from "./migrate.ts"

/** Backups kept: of the newest layouts. */
const MOST = 2
/** Left free for what the migration itself writes. */
const MARGIN = 64 * 1024 * 1024
/** Pages copied in one go: 4 MiB. */
const RATE = 1024

const NAME = /^spore-(\d+)\.sqlite$/

/** The newest backup in a folder that this release can open; null where there is none. */
export async function findBackup(folder: string): Promise<{ path: string; layout: number } | null> {
  const usable = (await list(folder)).filter(({ layout }) => layout <= DATABASE_LAYOUT)
  return usable[0] ?? null
}

/**
 * Keeps a copy of a database of an older layout in `spore-<layout>.sqlite`, before it is migrated: an older release
 * can open that. Nobody writes to the database meanwhile. A copy that fails leaves the one before it as it was.
 *
 * @throws SporeError `database_full`
 */
export async function backUpOlder(file: DatabaseSync, path: string, folder: string): Promise<void> {
  if (!isOlder(layoutOf(file))) return
  const lock = new DatabaseSync(path)
  try {
    lock.exec("PRAGMA busy_timeout = 10000; begin immediate")
    // Another process may have been faster.
    const layout = layoutOf(file)
    if (isOlder(layout)) await copy(file, path, folder, layout)
  } finally {
    lock.close()
  }
}

function isOlder(layout: number | null): layout is number {
  return layout !== null && layout > 0 && layout < DATABASE_LAYOUT
}

async function copy(file: DatabaseSync, path: string, folder: string, layout: number): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await assertRoom(file, path, folder)
  const place = join(folder, `spore-${layout}.sqlite`)
  const draft = `${place}.draft`
  await rm(draft, { force: true })
  try {
    closeSync(openSync(draft, "w", 0o600))
    await backup(file, draft, { rate: RATE })
    flush(draft)
    await rename(draft, place)
  } catch (error) {
    await rm(draft, { force: true })
    throw databaseError(error, draft)
  }
  flush(folder)
  for (const old of (await list(folder)).slice(MOST)) await rm(old.path, { force: true })
}

async function assertRoom(file: DatabaseSync, path: string, folder: string): Promise<void> {
  const size = Number(
    file.prepare("select page_count * page_size as size from pragma_page_count, pragma_page_size").get()?.["size"],
  )
  const { bavail, bsize } = await statfs(folder)
  const [needed, free] = [size + MARGIN, bavail * bsize]
  if (free >= needed) return
  const message = `${path} is kept in ${folder} before its layout changes: that needs ${mebibytes(needed)}, and ${mebibytes(free)} are free`
  throw new SporeError<StoreErrorCode>("database_full", message, { next: "make room on that disk, and start again" })
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`
}

/** The newest layout first. */
async function list(folder: string): Promise<{ path: string; layout: number }[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .flatMap((name) => {
      const layout = NAME.exec(name)?.[1]
      return layout === undefined ? [] : { path: join(folder, name), layout: Number(layout) }
    })
    .toSorted((a, b) => b.layout - a.layout)
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
