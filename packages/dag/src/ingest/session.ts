import type { TaskInfo } from "@spore/records"
import { sql, type Transaction } from "kysely"
import type { Dialect } from "../database/dialect.ts"
import { insertObjects } from "../database/insert-rows.ts"
import type { ClassMemory } from "../derive/class-memory.ts"
import type { Tables } from "../database/schema.ts"

/** A task as the store knows it. */
export interface KnownTask {
  readonly key: number
  readonly info: TaskInfo
  readonly standing: number
}

/**
 * Keys and task manifests found so far, kept over transactions: they never change once they are committed. After a
 * transaction that was rolled back they must be forgotten.
 */
export interface Dictionaries {
  readonly authors: Map<string, number>
  readonly tasks: Map<string, KnownTask>
  /** By `<task key>/<name>`. */
  readonly classes: Map<string, number>
  /** By key of the class; unlike the rest it may be out of date, which its revision tells. */
  readonly measured: Map<number, ClassMemory>
}

const MAX_REMEMBERED = 50_000

export function createDictionaries(): Dictionaries {
  return { authors: new Map(), tasks: new Map(), classes: new Map(), measured: new Map() }
}

export function forget(known: Dictionaries): void {
  known.authors.clear()
  known.tasks.clear()
  known.classes.clear()
  known.measured.clear()
}

/** A transaction that writes, and the numbers it gives out next. No other transaction writes meanwhile. */
export interface Session {
  readonly tx: Transaction<Tables>
  readonly dialect: Dialect
  readonly known: Dictionaries
  readonly next: { fact: number; author: number; task: number; class: number }
  /** Whether the derived tables are being rebuilt: facts are then stored, and projected when the rebuild gets there. */
  readonly isRebuilding: boolean
  /** Up to which sequence number the derived tables are complete: without end unless they are being rebuilt. */
  readonly derivedThrough: number
}

/** The local value that holds the sequence number up to which a rebuild has come; absent when none is under way. */
export const THROUGH = "derived.through"

export async function openSession(tx: Transaction<Tables>, dialect: Dialect, known: Dictionaries): Promise<Session> {
  await dialect.lockWriters(tx)
  if (known.authors.size + known.tasks.size + known.classes.size > MAX_REMEMBERED) forget(known)
  const { rows } = await sql<Session["next"] & { through: string | null }>`
    select coalesce((select max(seq) from facts), 0) + 1 as fact, coalesce((select max(key) from authors), 0) + 1 as author,
      coalesce((select max(key) from tasks), 0) + 1 as task, coalesce((select max(key) from classes), 0) + 1 as class,
      (select value from local where key = ${THROUGH}) as through`.execute(tx)
  const [row] = rows
  if (row === undefined) throw new TypeError("a query without tables gave no row")
  const { through, ...next } = row
  const derivedThrough = through === null ? Number.POSITIVE_INFINITY : Number(through)
  return { tx, dialect, known, next, isRebuilding: through !== null, derivedThrough }
}

/** The keys of authors, new ones given where needed. */
export async function authorKeys(session: Session, ids: Iterable<string>): Promise<ReadonlyMap<string, number>> {
  const { tx, dialect, known, next } = session
  const unknown = [...new Set(ids)].filter((id) => !known.authors.has(id))
  if (unknown.length > 0) {
    const rows = await tx.selectFrom("authors").selectAll().where(dialect.isIn("id", unknown)).execute()
    for (const { id, key } of rows) known.authors.set(id, key)
    const added = unknown.filter((id) => !known.authors.has(id)).map((id) => ({ key: next.author++, id }))
    await insertObjects(tx, dialect, "authors", added)
    for (const { id, key } of added) known.authors.set(id, key)
  }
  return known.authors
}

/** The key of a hardware class of a task, given where it is new. */
export async function classKey({ tx, known, next }: Session, task: number, name: string): Promise<number> {
  const cacheKey = `${task}/${name}`
  const cached = known.classes.get(cacheKey)
  if (cached !== undefined) return cached
  const row = await tx
    .selectFrom("classes")
    .select("key")
    .where("task", "=", task)
    .where("name", "=", name)
    .executeTakeFirst()
  const key = row?.key ?? next.class++
  if (row === undefined) {
    const counts = { experiments: 0, authors: 0, candidates: 0, frontier: 0, revision: 0 }
    await tx
      .insertInto("classes")
      .values({ key, task, name, ...counts })
      .execute()
  }
  known.classes.set(cacheKey, key)
  return key
}
