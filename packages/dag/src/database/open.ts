import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { messageOf, SporeError } from "@spore/records"
import { Kysely, SqliteDialect } from "kysely"
import { Migrator } from "kysely/migration"
import type { StoreErrorCode } from "../store.ts"
import { factsAndGraph } from "./migrations/0001-facts-and-graph.ts"
import { nodeSqlite } from "./node-sqlite.ts"
import type { Tables } from "./schema.ts"

const MIGRATIONS = { "0001-facts-and-graph": factsAndGraph }

/**
 * Opens the SQLite database at `path` (`:memory:` for none on disk), creating and migrating it where needed.
 * WAL with `synchronous=FULL`: a committed transaction survives the loss of power.
 *
 * @throws SporeError `database_unusable`, `database_newer`
 */
export async function openDatabase(path: string): Promise<Kysely<Tables>> {
  let db: Kysely<Tables> | undefined
  try {
    db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: nodeSqlite(openFile(path)) }) })
    const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } })
    const { error } = await migrator.migrateToLatest()
    // Kysely refuses to go on where the database names a migration that this release does not have.
    if (error !== undefined) throw isForeignMigration(error) ? newer(path, error) : error
    return db
  } catch (error) {
    await db?.destroy().catch(() => undefined)
    if (error instanceof SporeError) throw error
    throw new SporeError<StoreErrorCode>("database_unusable", `cannot use the database ${path}: ${messageOf(error)}`, {
      cause: error,
      next: `move ${path} away; facts come back from peers, and your own artifacts and key are not in it`,
    })
  }
}

function openFile(path: string): DatabaseSync {
  if (path !== ":memory:") {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    closeSync(openSync(path, "a", 0o600))
    chmodSync(path, 0o600)
  }
  const file = new DatabaseSync(path)
  file.exec(
    "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY",
  )
  return file
}

function isForeignMigration(error: unknown): boolean {
  return /previously executed migration .* is missing/.test(messageOf(error))
}

function newer(path: string, cause: unknown): SporeError<StoreErrorCode> {
  return new SporeError("database_newer", `${path} was written by a newer release of spore`, {
    cause,
    next: "update spore, or use another --data-dir",
  })
}
