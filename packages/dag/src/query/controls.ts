import { type Kysely, type RawBuilder, sql, type SqlBool } from "kysely"
import type { Database } from "../database/dialect.ts"
import { idList, numberList } from "../database/json.ts"
import type { Tables } from "../database/schema.ts"
import type { ControlRow, EvidenceFilter, Page, PageRequest, RerunRow } from "../store.ts"
import { decodeCursor, encodeCursor, pageLimit } from "./cursor.ts"
import { authorKey, factSeq, taskKey } from "./facts.ts"
import { nameOf } from "./names.ts"

/** The reruns of an experiment, in the order they were stored. */
export async function listReruns({ db }: Database, experiment: string): Promise<RerunRow[]> {
  const rows = await selectReruns(db)
    .where("r.experiment", "=", await factSeq(db, experiment))
    .orderBy("r.seq")
    .execute()
  return rows.map(rerunRow)
}

/** Reruns by sequence number, in any order; those unknown are left out. */
export async function rerunsBySeq({ db, dialect }: Database, seqs: readonly number[]): Promise<RerunRow[]> {
  if (seqs.length === 0) return []
  return (await selectReruns(db).where(dialect.isIn("r.seq", seqs)).execute()).map(rerunRow)
}

/** Reruns of any experiments, newest stored first by default. */
export async function listVerifications(
  { db }: Database,
  filter: EvidenceFilter,
  page: PageRequest,
): Promise<Page<RerunRow>> {
  const limit = pageLimit(page)
  const rows = await selectReruns(db)
    .where(await named(db, "r", filter, page))
    .orderBy("r.seq", filter.sort === "oldest" ? "asc" : "desc")
    .limit(limit + 1)
    .execute()
  return pageOf(rows, limit, rerunRow)
}

/** The narrowest index answers first; what else is asked for is looked up in its rows. */
async function named(
  db: Kysely<Tables>,
  table: "r" | "c",
  { experiment, author, task, sort }: EvidenceFilter,
  { cursor }: PageRequest,
): Promise<RawBuilder<SqlBool>> {
  const end = cursor === undefined ? null : Number(decodeCursor(cursor, "integer")[0])
  const keys: [column: string, key: number][] = []
  if (experiment !== undefined) keys.push(["experiment", await factSeq(db, experiment)])
  if (author !== undefined) keys.push(["author", await authorKey(db, author)])
  if (task !== undefined) keys.push(["task", await taskKey(db, task)])
  const conditions = keys.map(([column, key], i) => {
    const name = sql.ref(`${table}.${column}`)
    return i === 0 ? sql<SqlBool>`${name} = ${key}` : sql<SqlBool>`+${name} = ${key}`
  })
  if (end !== null) {
    const seq = sql.ref(`${table}.seq`)
    conditions.push(sort === "oldest" ? sql<SqlBool>`${seq} > ${end}` : sql<SqlBool>`${seq} < ${end}`)
  }
  return conditions.length === 0 ? sql<SqlBool>`true` : sql<SqlBool>`${sql.join(conditions, sql` and `)}`
}

// oxlint-disable-next-line typescript/explicit-function-return-type
function selectReruns(db: Kysely<Tables>) {
  return db
    .selectFrom("reruns as r")
    .innerJoin("experiments as e", "e.seq", "r.experiment")
    .innerJoin("authors as a", "a.key", "r.author")
    .innerJoin("classes as c", "c.key", "r.class")
    .innerJoin("tasks as t", "t.key", "r.task")
    .leftJoin("profiles as n", "n.author", "r.author")
    .selectAll("r")
    .select("n.display_name as authorName")
    .select(["a.id as nodeId", "c.name as className", "t.id as taskId", "e.id as experimentId"])
    .select(["e.author as claimant", "e.class as claimed"])
}

function rerunRow(found: Awaited<ReturnType<ReturnType<typeof selectReruns>["execute"]>>[number]): RerunRow {
  const { nodeId, authorName, className, taskId, experimentId, claimant, claimed, ...row } = found
  return {
    ...row,
    task: taskId,
    experiment: experimentId,
    author: nodeId,
    authorName: nameOf(authorName),
    class: className,
    scores: numberList(row.scores),
    replicates: numberList(row.replicates),
    eligible: row.author !== claimant && row.class === claimed,
  }
}

function pageOf<R extends { readonly seq: number }, T>(rows: readonly R[], limit: number, map: (row: R) => T): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  const nextCursor = rows.length > limit && last !== undefined ? encodeCursor([last.seq]) : null
  return { items: items.map(map), nextCursor }
}

/** The challenges and disputes about an experiment, in the order they were stored. */
export async function listControls({ db }: Database, experiment: string): Promise<ControlRow[]> {
  const rows = await selectControls(db)
    .where("c.experiment", "=", await factSeq(db, experiment))
    .orderBy("c.seq")
    .execute()
  return rows.map(controlRow)
}

/** Challenges and disputes by sequence number, in any order; those unknown are left out. */
export async function controlsBySeq({ db, dialect }: Database, seqs: readonly number[]): Promise<ControlRow[]> {
  if (seqs.length === 0) return []
  return (await selectControls(db).where(dialect.isIn("c.seq", seqs)).execute()).map(controlRow)
}

/** Challenges and disputes about any experiments, newest stored first by default. */
export async function listDisputes(
  { db }: Database,
  filter: EvidenceFilter,
  page: PageRequest,
): Promise<Page<ControlRow>> {
  const limit = pageLimit(page)
  const rows = await selectControls(db)
    .where(await named(db, "c", filter, page))
    .orderBy("c.seq", filter.sort === "oldest" ? "asc" : "desc")
    .limit(limit + 1)
    .execute()
  return pageOf(rows, limit, controlRow)
}

/** Challenges by an author on experiments that it has recorded no dispute about. */
export async function listOpenChallenges({ db }: Database, author: string): Promise<ControlRow[]> {
  const rows = await selectControls(db)
    .where("c.author", "=", await authorKey(db, author))
    .where("c.kind", "=", "challenge")
    .where(
      sql<SqlBool>`not exists (
        select 1 from controls settled
        where settled.experiment = c.experiment and settled.author = c.author and settled.kind = 'dispute'
      )`,
    )
    .orderBy("c.seq")
    .execute()
  return rows.map(controlRow)
}

// oxlint-disable-next-line typescript/explicit-function-return-type
function selectControls(db: Kysely<Tables>) {
  return db
    .selectFrom("controls as c")
    .innerJoin("experiments as e", "e.seq", "c.experiment")
    .innerJoin("tasks as t", "t.key", "c.task")
    .innerJoin("authors as a", "a.key", "c.author")
    .leftJoin("profiles as n", "n.author", "c.author")
    .selectAll("c")
    .select("n.display_name as authorName")
    .select(["e.id as experimentId", "t.id as taskId", "a.id as nodeId"])
}

function controlRow(found: Awaited<ReturnType<ReturnType<typeof selectControls>["execute"]>>[number]): ControlRow {
  const { experimentId, taskId, nodeId, authorName, ...row } = found
  return {
    ...row,
    task: taskId,
    experiment: experimentId,
    author: nodeId,
    authorName: nameOf(authorName),
    evidence: idList(row.evidence),
  }
}
