import { openSqlite } from "./database/sqlite.ts"
import { createSqlStore, type StoreOptions } from "./sql-store.ts"
import type { Store } from "./store.ts"

export interface StoreInit extends StoreOptions {
  /** The database file; `:memory:` keeps everything in memory. */
  path: string
}

/**
 * Opens a store on SQLite.
 *
 * @throws SporeError `database_unusable`, `database_damaged`, `database_full`, `database_newer`
 */
export async function createStore(init: StoreInit): Promise<Store> {
  return createSqlStore(await openSqlite(init.path), init.path, init)
}
