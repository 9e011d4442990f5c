import { copyFile, lstat } from "node:fs/promises"
import { basename, join } from "node:path"
import { DatabaseSync, type SQLOutputValue } from "node:sqlite"
import { refuse } from "../errors.ts"
import { isMissing } from "./problem.ts"

/** A row with its integers as `bigint` and its reals as `number`: what Python's int and float were stored as. */
export type Row = Record<string, SQLOutputValue>

/** Which rows: SQL written here, never taken from a file. */
export interface Selection {
  readonly table: string
  readonly where: string
}

/** A database of a 0.6 node, as it was when it was copied. */
export interface DatabaseCopy {
  /** Number of rows; 0 where there is no such table. */
  count(selection: Selection): number
  rows(selection: Selection): Iterable<Row>
  close(): void
}

/**
 * Copies a database into `folder` and opens the copy; null where there is none. SQLite changes files even to read
 * them, when a write-ahead log or a journal is there: the copy takes that, the original stays as it is.
 */
export async function copyDatabase(path: string, folder: string): Promise<DatabaseCopy | null> {
  const copy = join(folder, basename(path))
  if (!(await copyRegularFile(path, copy))) return null
  for (const suffix of ["-wal", "-journal"]) await copyRegularFile(path + suffix, copy + suffix)
  const db = new DatabaseSync(copy)
  const has = (table: string): boolean =>
    db.prepare("select 1 from sqlite_master where type = 'table' and name = ?").get(table) !== undefined
  try {
    db.exec("pragma trusted_schema = off")
    has("")
  } catch (error) {
    db.close()
    throw error
  }
  return {
    count: ({ table, where }) => {
      if (!has(table)) return 0
      return Number(db.prepare(`select count(*) as n from ${table} where ${where}`).get()?.["n"] ?? 0)
    },
    *rows({ table, where }) {
      if (!has(table)) return
      // In the order of the table itself, so that of a damaged one all comes that can.
      const statement = db.prepare(`select * from ${table} where ${where} order by rowid`)
      statement.setReadBigInts(true)
      yield* statement.iterate()
    },
    close: () => db.close(),
  }
}

async function copyRegularFile(from: string, to: string): Promise<boolean> {
  try {
    if (!(await lstat(from)).isFile()) throw refuse("unreadable", `${from} is no regular file`)
    await copyFile(from, to)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}
