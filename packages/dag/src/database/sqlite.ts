import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import { messageOf, SporeError } from "@spore/records"
import { Kysely, SqliteAdapter, SqliteDialect } from "kysely"
import type { StoreErrorCode } from "../store.ts"
import { backUpOlder } from "./backup.ts"
import type { Database } from "./dialect.ts"
import { databaseError } from "./errors.ts"
import { assertMigrated, migrate } from "./migrate.ts"
import { nodeSqlite } from "./node-sqlite.ts"
import type { Tables } from "./schema.ts"
import { sqliteDialect } from "./sqlite-dialect.ts"

interface OpenOptions {
  /** Folder in which a copy is kept of what is about to be migrated; without it none is. */
  readonly backups?: string
  /** False refuses a database of an older layout. */
  readonly upgrade?: boolean
}

/**
 * Opens the SQLite database at `path` (`:memory:` for none on disk), creating and migrating it where needed.
 * WAL with `synchronous=FULL`: a committed transaction survives the loss of power.
 *
 * @throws SporeError `database_unusable`, `database_newer`, `database_outdated`, `database_full`
 */
export async function openSqlite(path: string, { backups, upgrade = true }: OpenOptions = {}): Promise<Database> {
  let db: Kysely<Tables> | undefined
  try {
    const file = openFile(path)
    db = new Kysely<Tables>({ dialect: new TransactionalSqlite({ database: nodeSqlite(file, path) }) })
    if (!upgrade) {
      await assertMigrated(db, path)
      return { db, dialect: sqliteDialect, upgrade }
    }
    if (backups !== undefined) await backUpOlder(file, path, backups)
    await migrate(db, sqliteDialect, path)
    return { db, dialect: sqliteDialect }
  } catch (error) {
    await db?.destroy().catch(() => undefined)
    const known = databaseError(error, path)
    if (known instanceof SporeError) throw known
    throw new SporeError<StoreErrorCode>("database_unusable", `cannot use the database ${path}: ${messageOf(error)}`, {
      cause: error,
      next: `move ${path} away; facts come back from peers, and your own artifacts and key are not in it`,
    })
  }
}

/**
 * Opens an existing database for reading alone, beside whoever writes to it or without anybody.
 *
 * @throws SporeError `database_unusable`, `database_newer`, `database_outdated`
 */
export async function openSqliteReader(path: string): Promise<Database> {
  let db: Kysely<Tables> | undefined
  try {
    db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: nodeSqlite(openToRead(path), path) }) })
    await assertMigrated(db, path)
    return { db, dialect: sqliteDialect, readOnly: true }
  } catch (error) {
    await db?.destroy().catch(() => undefined)
    const known = databaseError(error, path)
    if (known instanceof SporeError) throw known
    throw new SporeError<StoreErrorCode>("database_unusable", `cannot read the database ${path}: ${messageOf(error)}`, {
      cause: error,
      next: "see that there is one, and that this user may read it",
    })
  }
}

/** Kysely migrates SQLite without a transaction: a process killed halfway would leave half a layout. */
class TransactionalSqlite extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter()
  }
}

class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
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
    `${COMMON} PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;` +
      // 16 MiB of log before pages are written to their place.
      "PRAGMA wal_autocheckpoint = 4096",
  )
  return file
}

function openToRead(path: string): DatabaseSync {
  const file = new DatabaseSync(path, { readOnly: true })
  try {
    file.exec(READING)
    file.prepare("select count(*) from sqlite_schema").get()
    return file
  } catch (error) {
    file.close()
    // In a folder that this user may not write to, SQLite cannot make the files by which readers and writers of a
    // write-ahead log tell each other what they do. Where there are none, nobody writes.
    if (!isUnwritable(error) || existsSync(`${path}-wal`)) throw error
    const still = new DatabaseSync(`${pathToFileURL(path).href}?immutable=1`, { readOnly: true })
    still.exec(READING)
    return still
  }
}

/** The indexes that every batch touches: 16 MiB of their pages in memory; of 100,000 records, 32 are no faster. */
const COMMON = "PRAGMA busy_timeout = 10000; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;"
const READING = `${COMMON} PRAGMA query_only = 1`

// https://sqlite.org/rescode.html
const [READONLY, CANTOPEN] = [8, 14]

function isUnwritable(error: unknown): boolean {
  const code: unknown = error instanceof Error && "errcode" in error ? error.errcode : undefined
  return typeof code === "number" && [READONLY, CANTOPEN].includes(code & 0xff)
}
