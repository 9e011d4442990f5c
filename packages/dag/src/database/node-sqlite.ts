import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite"
import type { SqliteDatabase, SqliteStatement } from "kysely"
import { createLru } from "@spore/records"
import { databaseError } from "./errors.ts"

const MAX_STATEMENTS = 256

/** node:sqlite as the subset of better-sqlite3 that Kysely's dialect asks for, with prepared statements kept. */
export function nodeSqlite(db: DatabaseSync, name: string): SqliteDatabase {
  const statements = createLru<SqliteStatement>(MAX_STATEMENTS)
  return {
    close: () => db.close(),
    prepare: (sql) => {
      const known = statements.get(sql)
      if (known !== undefined) return known
      // Transactions here read before they write: begun as readers, they could not always become writers.
      const statement = adapt(
        named(name, () => db.prepare(sql === "begin" ? "begin immediate" : sql)),
        name,
      )
      // SQLite itself rolls back what a full disk cut off.
      return statements.set(sql, sql === "rollback" ? onlyIf(() => db.isTransaction, statement) : statement)
    },
  }
}

function adapt(statement: StatementSync, name: string): SqliteStatement {
  const reader = statement.columns().length > 0
  // Full-text search leaves row ids beyond 2^53 as the last inserted one, which nobody reads.
  if (!reader) statement.setReadBigInts(true)
  return {
    reader,
    all: (parameters) => named(name, () => statement.all(...inputs(parameters))),
    run: (parameters) => named(name, () => statement.run(...inputs(parameters))),
    iterate: (parameters) => statement.iterate(...inputs(parameters)),
  }
}

/** Errors that say something of the disk or the file name it. */
function named<T>(name: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw databaseError(error, name)
  }
}

function onlyIf(condition: () => boolean, statement: SqliteStatement): SqliteStatement {
  const nothing = { changes: 0, lastInsertRowid: 0 }
  return { ...statement, run: (parameters) => (condition() ? statement.run(parameters) : nothing) }
}

function inputs(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map((value) => {
    if (value === null || typeof value === "string" || typeof value === "number" || value instanceof Uint8Array) {
      return value
    }
    throw new TypeError(`not a value SQLite stores: ${typeof value}`)
  })
}
