import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setImmediate } from "node:timers/promises"
import { messageOf, type Projection } from "@spore/records"
import { COMPARABLE, type ComparableRow } from "./check-rows.ts"
import { sql, type Transaction } from "kysely"
import type { Database } from "./database/dialect.ts"
import { insertObjects } from "./database/insert-rows.ts"
import { projectionOf } from "./database/read-fact.ts"
import type { Tables } from "./database/schema.ts"
import { openSqlite } from "./database/sqlite.ts"
import { projectStored, type StoredFact, storedInChunks } from "./ingest/reproject.ts"
import { createDictionaries, openSession } from "./ingest/session.ts"
import type { Progress, RebuildInit } from "./rebuild.ts"
import type { CheckReport } from "./store.ts"

/** Findings listed of each sort. */
const MAX_LISTED = 100

/**
 * Derives everything again in a scratch database beside this one and compares; looks whether every fact's bytes still
 * give its id. Changes nothing. The scratch database takes about as much room in the folder for temporary files as the
 * facts do.
 */
export async function checkStore(init: RebuildInit, progress?: Progress): Promise<CheckReport> {
  const folder = await mkdtemp(join(tmpdir(), "spore-check-"))
  try {
    const scratch = await openSqlite(join(folder, "scratch.sqlite"))
    try {
      await copyWithheldTasks(init.database, scratch)
      const { facts, damaged } = await copyFacts(init, scratch, progress)
      const differences = await differencesOf(init.database, scratch)
      return { facts, damaged, differences, database: await examine(init.database) }
    } finally {
      await scratch.db.destroy()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What a manifest that is withheld now left behind: the terms under which the facts of its task are compared. */
async function copyWithheldTasks({ db }: Database, scratch: Database): Promise<void> {
  const tasks = await db
    .selectFrom("tasks")
    .innerJoin("withheld", "withheld.seq", "tasks.seq")
    .selectAll("tasks")
    .execute()
  const unknown = { author: null, experiments: 0, kept: 0, authors: 0, last_activity: 0 }
  await insertObjects(
    scratch.db,
    scratch.dialect,
    "tasks",
    tasks.map((task) => ({ ...task, ...unknown })),
  )
}

async function copyFacts(
  { database, projections, verdicts }: RebuildInit,
  scratch: Database,
  progress: Progress | undefined,
): Promise<{ facts: number; damaged: string[] }> {
  const { total } = await database.db
    .selectFrom("facts")
    .select((e) => e.fn.countAll<number>().as("total"))
    .executeTakeFirstOrThrow()
  const damaged: string[] = []
  const known = createDictionaries()
  let done = 0
  for await (const facts of storedInChunks(database.db, null)) {
    const sound = facts.filter((fact) => isSound(fact, projections, damaged))
    await scratch.db.transaction().execute(async (tx: Transaction<Tables>) => {
      const session = await openSession(tx, scratch.dialect, known)
      await projectStored(session, sound, { projections, verdicts, insert: true })
    })
    done += facts.length
    progress?.(done, total)
    await setImmediate()
  }
  return { facts: done, damaged }
}

/** Whether a fact's bytes are of the id it is stored under; if not, it is listed. */
function isSound(
  { id, kind, payload, signature }: StoredFact,
  projections: readonly Projection[],
  damaged: string[],
): boolean {
  if (payload.length === 0) return true
  let reason = "of a kind that no projection takes"
  try {
    const projection = projectionOf(projections, kind)
    const read = projection?.parse(kind, payload, signature)
    if (read?.id === id) return true
    if (read !== undefined) reason = `its bytes are those of ${read.id}`
  } catch (error) {
    reason = messageOf(error)
  }
  if (damaged.length < MAX_LISTED) damaged.push(`${id}: ${reason}`)
  return false
}

async function differencesOf(database: Database, scratch: Database): Promise<string[]> {
  const differences: string[] = []
  for (const rowsOf of COMPARABLE) differences.push(...(await compare(rowsOf(database.db), rowsOf(scratch.db))))
  return [...differences, ...(await differentCounts(database, scratch))].slice(0, MAX_LISTED)
}

/** Walks both databases side by side, in the order of ids. */
async function compare(ours: AsyncGenerator<ComparableRow>, theirs: AsyncGenerator<ComparableRow>): Promise<string[]> {
  const differences: string[] = []
  let [a, b] = [await ours.next(), await theirs.next()]
  while (!(a.done === true && b.done === true) && differences.length < MAX_LISTED) {
    const [left, right] = [a.done === true ? undefined : a.value, b.done === true ? undefined : b.value]
    if (right === undefined || (left !== undefined && left.id < right.id)) {
      differences.push(`${left?.id}: derived from no fact`)
      a = await ours.next()
    } else if (left === undefined || left.id > right.id) {
      differences.push(`${right.id}: not derived`)
      b = await theirs.next()
    } else {
      const [is, should] = [JSON.stringify(left), JSON.stringify(right)]
      if (is !== should) differences.push(`${left.id}: is ${is}, should be ${should}`)
      ;[a, b] = [await ours.next(), await theirs.next()]
    }
  }
  await Promise.all([ours.return(undefined), theirs.return(undefined)])
  return differences
}

/** The counts kept beside the lists of tasks, classes and authors. */
async function differentCounts(database: Database, scratch: Database): Promise<string[]> {
  const [ours, theirs] = await Promise.all([countsOf(database), countsOf(scratch)])
  return [...new Set([...ours.keys(), ...theirs.keys()])]
    .filter((name) => ours.get(name) !== theirs.get(name))
    .map((name) => `${name}: counts ${ours.get(name) ?? "nothing"}, should be ${theirs.get(name) ?? "nothing"}`)
}

async function countsOf({ db }: Database): Promise<Map<string, string>> {
  const tasks = await db
    .selectFrom("tasks")
    .select(["id", "experiments", "kept", "authors", "last_activity"])
    .where("experiments", ">", 0)
    .execute()
  const classes = await db
    .selectFrom("classes")
    .innerJoin("tasks", "tasks.key", "classes.task")
    .select(["tasks.id", "classes.name", "classes.experiments", "classes.authors", "candidates", "frontier"])
    .where("classes.experiments", ">", 0)
    .execute()
  const authors = await db
    .selectFrom("task_authors as w")
    .innerJoin("tasks as t", "t.key", "w.task")
    .innerJoin("authors as a", "a.key", "w.author")
    .select(["t.id", "a.id as author", "w.experiments", "w.kept", "w.reruns", "w.last_activity"])
    .execute()
  return new Map([
    ...authors.map(({ id, author, ...counts }) => [`author ${author} in ${id}`, JSON.stringify(counts)] as const),
    ...tasks.map(({ id, ...counts }) => [`task ${id}`, JSON.stringify(counts)] as const),
    ...classes.map(({ id, name, ...counts }) => [`class ${name} of ${id}`, JSON.stringify(counts)] as const),
  ])
}

/** What the database says of its own files. */
async function examine({ db, dialect }: Database): Promise<string[]> {
  if (dialect.name !== "sqlite") return []
  const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check(100)`.execute(db)
  return rows.map((row) => row.integrity_check).filter((line) => line !== "ok")
}
