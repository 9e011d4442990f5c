import { openSqliteReader } from "./database/sqlite.ts"
import type { StoreInit } from "./create-store.ts"
import { createSqlStore } from "./sql-store.ts"
import type { Change, StoreReader } from "./store.ts"

const POLL_MS = 1000
const BATCH = 500

export interface StoreReaderInit extends Pick<StoreInit, "path" | "projections" | "verdicts"> {
  /** How often it looks for what others stored, while somebody listens; 1,000 ms by default. */
  readonly pollMs?: number
}

/**
 * Opens the store on an existing SQLite database without ever writing to it. It follows what other processes write,
 * but for one case: a database in a folder that this user cannot write to, on which no node runs, is read as it is now.
 *
 * @throws SporeError `database_unusable`, `database_damaged`, `database_newer`, `database_outdated`
 */
export async function openStoreReader({ pollMs = POLL_MS, ...init }: StoreReaderInit): Promise<StoreReader> {
  const store = await createSqlStore(await openSqliteReader(init.path), init.path, init)
  const listeners = new Set<(changes: readonly Change[]) => void>()
  let timer: NodeJS.Timeout | undefined
  let polling: Promise<void> = Promise.resolve()
  let seen = 0

  async function poll(): Promise<void> {
    const changes = await store.changes(seen, BATCH)
    seen = changes.at(-1)?.seq ?? seen
    if (changes.length > 0) for (const listener of listeners) listener(changes)
    if (changes.length === BATCH) await poll()
  }
  async function start(): Promise<void> {
    seen = await store.lastSeq()
  }
  /** One look at a time; a failed one, such as of a database that is moved away, is made again. */
  function follow(): void {
    polling = start()
      .catch(() => undefined)
      .then(schedule)
  }
  function schedule(): void {
    if (listeners.size === 0) return
    timer = setTimeout(() => {
      polling = poll()
        .catch(() => undefined)
        .then(schedule)
    }, pollMs)
  }
  function stopWhenAlone(): void {
    if (listeners.size === 0) clearTimeout(timer)
  }

  return {
    ...store,
    onStored: (listener) => {
      listeners.add(listener)
      if (listeners.size === 1) follow()
      return () => {
        listeners.delete(listener)
        stopWhenAlone()
      }
    },
    close: async () => {
      listeners.clear()
      stopWhenAlone()
      await polling
      await store.close()
    },
  }
}
