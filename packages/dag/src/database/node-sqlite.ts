import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite"
import type { SqliteDatabase, SqliteStatement } from "kysely"

const MAX_STATEMENTS = 256

/** node:sqlite as the subset of better-sqlite3 that Kysely's dialect asks for, with prepared statements kept. */
export function nodeSqlite(db: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>()
  return {
    close: () => {
      statements.clear()
      db.close()
    },
    prepare: (sql) => {
      let statement = statements.get(sql)
      if (statement === undefined) {
        statement = adapt(db.prepare(sql))
        statements.set(sql, statement)
        const oldest = statements.keys().next().value
        if (statements.size > MAX_STATEMENTS && oldest !== undefined) statements.delete(oldest)
      }
      return statement
    },
  }
}

function adapt(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...inputs(parameters)),
    run: (parameters) => statement.run(...inputs(parameters)),
    iterate: (parameters) => statement.iterate(...inputs(parameters)),
  }
}

function inputs(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map((value) => {
    if (value === null || typeof value === "string" || typeof value === "number" || value instanceof Uint8Array) {
      return value
    }
    throw new TypeError(`not a value SQLite stores: ${typeof value}`)
  })
}
