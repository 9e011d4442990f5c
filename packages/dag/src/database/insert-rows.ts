import { CompiledQuery, type Kysely, sql } from "kysely"
import type { Dialect } from "./dialect.ts"
import type { Tables } from "./schema.ts"

/** Rows in one statement. SQLite takes 32,766 parameters, PostgreSQL 65,535; no table here has 40 columns. */
const CHUNK = 64

// The text of a statement depends on table, columns and number of rows alone.
const texts = new Map<string, string>()

/** Inserts many rows with few statements, each prepared once. */
export async function insertRows(
  db: Kysely<Tables>,
  dialect: Pick<Dialect, "name">,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
): Promise<void> {
  for (let at = 0; at < rows.length;) {
    // Whole chunks, then ever smaller powers of two: a handful of statement texts for any number of rows.
    const left = rows.length - at
    const size = left >= CHUNK ? CHUNK : 2 ** Math.floor(Math.log2(left))
    const text = textOf(db, dialect, table, columns, size)
    await db.executeQuery(CompiledQuery.raw(text, rows.slice(at, at + size).flat()))
    at += size
  }
}

/** Inserts rows given as objects of one shape. */
export function insertObjects<T extends keyof Tables>(
  db: Kysely<Tables>,
  dialect: Pick<Dialect, "name">,
  table: T,
  objects: readonly Tables[T][],
): Promise<void> {
  const [first] = objects
  if (first === undefined) return Promise.resolve()
  const columns = Object.keys(first).toSorted()
  const rows = objects.map((object) => columns.map((column): unknown => Reflect.get(object, column)))
  return insertRows(db, dialect, table, columns, rows)
}

function textOf(
  db: Kysely<Tables>,
  dialect: Pick<Dialect, "name">,
  table: string,
  columns: readonly string[],
  rows: number,
): string {
  const key = `${dialect.name} ${table} ${columns.join()} ${rows}`
  let text = texts.get(key)
  if (text === undefined) {
    const row = sql`(${sql.join(columns.map(() => sql`${null}`))})`
    const names = sql.join(columns.map((column) => sql.ref(column)))
    const values = sql.join(Array.from({ length: rows }, () => row))
    text = sql`insert into ${sql.table(table)} (${names}) values ${values}`.compile(db).sql
    texts.set(key, text)
  }
  return text
}
