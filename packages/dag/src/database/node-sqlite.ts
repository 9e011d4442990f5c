import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite"
import type { SqliteDatabase, SqliteStatement } from "kysely"
import { databaseError } from "./errors.ts"

const MAX_STATEMENTS = 256

/** node:sqlite as the subset of better-sqlite3 that Kysely's dialect asks for, with prepared statements kept. */
export function nodeSqlite(db: DatabaseSync, name: string): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>()
  return {
    close: () => {
      statements.clear()
      db.close()
    },
    prepare: (sql) => {
      let statement = statements.get(sql)
      if (statement === undefined) {
        // Transactions here read before they write: begun as readers, they could not always become writers.
        statement = adapt(
          named(name, () => db.prepare(sql === "begin" ? "begin immediate" : sql)),
          name,
        )
        // SQLite itself rolls back what a full disk cut off.
        if (sql === "rollback") statement = onlyIf(() => db.isTransaction, statement)
        statements.set(sql, statement)
        const oldest = statements.keys().next().value
        if (statements.size > MAX_STATEMENTS && oldest !== undefined) statements.delete(oldest)
      }
      return statement
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
