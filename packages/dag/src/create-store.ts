import { openSqlite } from "./database/sqlite.ts"
import { createSqlStore, type StoreOptions } from "./sql-store.ts"
import type { Store } from "./store.ts"

export interface StoreInit extends StoreOptions {
  /** The database file; `:memory:` keeps everything in memory. */
  path: string
  /** Folder in which a copy is kept of a database that is about to be brought to another layout; without it none is. */
  backups?: string
  /**
   * False refuses a database of an older layout, or derived by other rules, as `database_outdated`, where another
   * release may be at work on it. True by default: it is brought to this release's.
   */
  upgrade?: boolean
}

/**
 * Opens a store on SQLite.
 *
 * @throws SporeError `database_unusable`, `database_damaged`, `database_full`, `database_newer`, `database_outdated`
 */
export async function createStore(init: StoreInit): Promise<Store> {
  return createSqlStore(await openSqlite(init.path, init), init.path, init)
}
