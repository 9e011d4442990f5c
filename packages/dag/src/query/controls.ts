import { type Kysely, type RawBuilder, sql, type SqlBool } from "kysely"
import type { Database } from "../database/dialect.ts"
import { idList, numberList } from "../database/json.ts"
import type { Tables } from "../database/schema.ts"
import type { AuthorRow, ControlRow, EvidenceFilter, Page, PageRequest, RerunRow } from "../store.ts"
import { decodeCursor, encodeCursor, pageLimit } from "./cursor.ts"
import { authorKey, factSeq, taskKey } from "./facts.ts"

/** The reruns of an experiment, in the order they were stored. */
export async function listReruns({ db }: Database, experiment: string): Promise<RerunRow[]> {
  const rows = await selectReruns(db)
    .where("r.experiment", "=", await factSeq(db, experiment))
    .orderBy("r.seq")
    .execute()
  return rows.map(rerunRow)
}

/** Reruns of any experiments, newest stored first. */
export async function listVerifications(
  { db }: Database,
  filter: EvidenceFilter,
  page: PageRequest,
): Promise<Page<RerunRow>> {
  const limit = pageLimit(page)
  const rows = await selectReruns(db)
    .where(await named(db, "r", filter, page))
    .orderBy("r.seq", "desc")
    .limit(limit + 1)
    .execute()
  return pageOf(rows, limit, rerunRow)
}

/** The narrowest index answers first; what else is asked for is looked up in its rows. */
async function named(
  db: Kysely<Tables>,
  table: "r" | "c",
  { experiment, author, task }: EvidenceFilter,
  { cursor }: PageRequest,
): Promise<RawBuilder<SqlBool>> {
  const before = cursor === undefined ? null : Number(decodeCursor(cursor, "integer")[0])
  const keys: [column: string, key: number][] = []
  if (experiment !== undefined) keys.push(["experiment", await factSeq(db, experiment)])
  if (author !== undefined) keys.push(["author", await authorKey(db, author)])
  if (task !== undefined) keys.push(["task", await taskKey(db, task)])
  const conditions = keys.map(([column, key], i) => {
    const name = sql.ref(`${table}.${column}`)
    return i === 0 ? sql<SqlBool>`${name} = ${key}` : sql<SqlBool>`+${name} = ${key}`
  })
  if (before !== null) conditions.push(sql<SqlBool>`${sql.ref(`${table}.seq`)} < ${before}`)
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
    .selectAll("r")
    .select(["a.id as nodeId", "c.name as className", "t.id as taskId", "e.id as experimentId"])
    .select(["e.author as claimant", "e.class as claimed"])
}

function rerunRow(found: Awaited<ReturnType<ReturnType<typeof selectReruns>["execute"]>>[number]): RerunRow {
  const { nodeId, className, taskId, experimentId, claimant, claimed, ...row } = found
  return {
    ...row,
    task: taskId,
    experiment: experimentId,
    author: nodeId,
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

/** Challenges and disputes about any experiments, newest stored first. */
export async function listDisputes(
  { db }: Database,
  filter: EvidenceFilter,
  page: PageRequest,
): Promise<Page<ControlRow>> {
  const limit = pageLimit(page)
  const rows = await selectControls(db)
    .where(await named(db, "c", filter, page))
    .orderBy("c.seq", "desc")
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
    .selectAll("c")
    .select(["e.id as experimentId", "t.id as taskId", "a.id as nodeId"])
}

function controlRow(found: Awaited<ReturnType<ReturnType<typeof selectControls>["execute"]>>[number]): ControlRow {
  const { experimentId, taskId, nodeId, ...row } = found
  return { ...row, task: taskId, experiment: experimentId, author: nodeId, evidence: idList(row.evidence) }
}

/** What each author did, in one task or in all, busiest first. */
export async function listAuthors({ db }: Database, task: string | undefined): Promise<AuthorRow[]> {
  let work = db
    .selectFrom("task_authors as w")
    .innerJoin("authors as a", "a.key", "w.author")
    .select((e) => [
      "a.id as nodeId",
      e.fn.sum<number>("w.experiments").as("experiments"),
      e.fn.sum<number>("w.kept").as("kept"),
      e.fn.sum<number>("w.reruns").as("verifications"),
      e.fn.max("w.last_activity").as("lastActivity"),
    ])
    .groupBy("a.id")
    .having(sql<SqlBool>`sum(w.experiments) + sum(w.reruns) > 0`)
    .orderBy(sql`sum(w.experiments) + sum(w.reruns)`, "desc")
    .orderBy("a.id")
  if (task !== undefined) {
    work = work.where("w.task", "=", (e) => e.selectFrom("tasks").select("key").where("id", "=", task))
  }
  return work.execute()
}
