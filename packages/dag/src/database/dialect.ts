import type { ColumnDataType, Kysely, RawBuilder, SqlBool, Transaction } from "kysely"
import { sql } from "kysely"
import type { SearchIndex } from "./search-index.ts"
import type { Tables } from "./schema.ts"

/** An open database and what differs between the two kinds of them. */
export interface Database {
  readonly db: Kysely<Tables>
  readonly dialect: Dialect
  /** Whether nothing can be written to it. */
  readonly readOnly?: boolean
  /** Whether what other rules derived is derived anew; it is by default. */
  readonly upgrade?: boolean
}

/** Where SQL differs between SQLite and PostgreSQL. */
export interface Dialect {
  readonly name: "sqlite" | "postgres"
  /** Column types by what they hold. Text compares by code point, so that order is the same everywhere. */
  readonly types: ColumnTypes
  readonly search: SearchIndex
  /** `column in (values)` with one parameter, so that the statement's text does not grow with the list. */
  isIn(column: string, values: readonly (string | number)[]): RawBuilder<SqlBool>
  /** Runs a transaction. Without `isDurable`, the loss of power soon after may undo it, with all that came later. */
  transaction<T>(db: Kysely<Tables>, isDurable: boolean, work: (tx: Transaction<Tables>) => Promise<T>): Promise<T>
  /** Makes this transaction the only writer until it ends: sequence numbers become visible in their order. */
  lockWriters(tx: Transaction<Tables>): Promise<void>
}

export interface ColumnTypes {
  readonly text: ColumnDataType | RawBuilder<unknown>
  /** 53-bit integers. */
  readonly integer: ColumnDataType
  /** 64-bit floating point. */
  readonly real: ColumnDataType | RawBuilder<unknown>
  readonly bytes: ColumnDataType
}

/** Some of the code points that text may hold cannot be stored by PostgreSQL. */
export function storableText(text: string): string {
  return text.replaceAll("\u0000", "\uFFFD")
}

/** 0 or 1 as a literal: the planner uses a partial index only where it sees its condition. */
export function flag(on: boolean): RawBuilder<number> {
  return sql.lit(on ? 1 : 0)
}
