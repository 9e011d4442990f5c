import { type Expression, type Kysely, sql, type SqlBool } from "kysely"
import type { TaskTerms } from "@spore/records"
import { type Database, flag } from "../database/dialect.ts"
import type { Tables } from "../database/schema.ts"
import { summaryOf } from "../derive/rank.ts"
import { parseTerms } from "../ingest/tasks.ts"
import type { ExperimentFilter, ExperimentRow, FrontierRow, Page, PageRequest } from "../store.ts"
import type { Verdicts } from "../verdicts.ts"
import { decodeCursor, encodeCursor, pageLimit } from "./cursor.ts"
import { authorKey, factSeq, taskKey } from "./facts.ts"
import { nameOf } from "./names.ts"

/** What rows are made and ordered of: the rest of an experiment's columns is for those who derive, and costs a third more. */
const COLUMNS = [
  "e.seq",
  "e.id",
  "e.created",
  "e.missing_parent",
  "e.depth",
  "e.code",
  "e.outcome",
  "e.claim",
  "e.title",
  "e.agent",
  "e.seconds",
  "e.value",
  "e.cost",
  "e.status",
  "e.verdict",
  "e.explanation",
  "e.reproduced_by",
  "e.voters",
  "e.basis",
  "e.error",
  "e.noise",
  "e.freedom",
  "e.candidate",
  "e.frontier",
  "e.promoted",
  "e.changed",
] as const

/** Experiments with the ids that their keys stand for. */
// oxlint-disable-next-line typescript/explicit-module-boundary-types, typescript/explicit-function-return-type
function selectRows(db: Kysely<Tables>) {
  return db
    .selectFrom("experiments as e")
    .innerJoin("tasks as t", "t.key", "e.task")
    .innerJoin("classes as c", "c.key", "e.class")
    .innerJoin("authors as a", "a.key", "e.author")
    .leftJoin("experiments as p", "p.seq", "e.parent")
    .leftJoin("experiments as k", "k.seq", "e.keep_ancestor")
    .leftJoin("profiles as n", "n.author", "e.author")
    .select(COLUMNS)
    .select(["t.id as taskId", "c.name as className", "a.id as nodeId", "p.id as parentId", "k.id as keepId"])
    .select("n.display_name as authorName")
}

type Rows = ReturnType<typeof selectRows>
type Row = Awaited<ReturnType<Rows["execute"]>>[number]

/** A page of experiments. */
export async function listExperiments(
  { db }: Database,
  filter: ExperimentFilter,
  page: PageRequest,
): Promise<Page<ExperimentRow>> {
  const limit = pageLimit(page)
  const sort = filter.sort ?? "newest"
  const keys = await keysOf(db, filter)
  const query = sorted(applyFilter(selectRows(db), filter, keys), sort, page.cursor)
  const rows = await query.limit(limit + 1).execute()
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return {
    items: items.map(experimentRow),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(positionOf(last, sort)) : null,
  }
}

export async function findExperiment({ db }: Database, id: string): Promise<ExperimentRow | undefined> {
  const row = await selectRows(db).innerJoin("facts as f", "f.seq", "e.seq").where("f.id", "=", id).executeTakeFirst()
  return row === undefined ? undefined : experimentRow(row)
}

/** Experiments by sequence number, in the order given. */
export async function experimentsBySeq({ db, dialect }: Database, seqs: readonly number[]): Promise<ExperimentRow[]> {
  if (seqs.length === 0) return []
  const rows = await selectRows(db).where(dialect.isIn("e.seq", seqs)).execute()
  const found = new Map(rows.map((row) => [row.seq, row]))
  return seqs.flatMap((seq) => {
    const row = found.get(seq)
    return row === undefined ? [] : [experimentRow(row)]
  })
}

/** Experiments by id, in any order; those unknown are left out. */
export async function experimentsById({ db, dialect }: Database, ids: readonly string[]): Promise<ExperimentRow[]> {
  if (ids.length === 0) return []
  const rows = await selectRows(db).innerJoin("facts as f", "f.seq", "e.seq").where(dialect.isIn("f.id", ids)).execute()
  return rows.map(experimentRow)
}

/** From an experiment up to its root. */
export async function lineageOf(database: Database, id: string): Promise<ExperimentRow[]> {
  const { rows } = await sql<{ seq: number }>`
    with recursive line (seq, parent, level) as (
      select e.seq, e.parent, 0 from experiments e join facts f on f.seq = e.seq where f.id = ${id}
      union all
      select e.seq, e.parent, line.level + 1 from experiments e join line on e.seq = line.parent
    ) select seq from line order by level`.execute(database.db)
  return experimentsBySeq(
    database,
    rows.map(({ seq }) => seq),
  )
}

/** A page of the way from an experiment up to its root, itself first. */
export async function pageAncestors(database: Database, id: string, page: PageRequest): Promise<Page<ExperimentRow>> {
  const limit = pageLimit(page)
  const start =
    page.cursor === undefined ? await factSeq(database.db, id) : Number(decodeCursor(page.cursor, "integer")[0])
  const { rows } = await sql<{ seq: number }>`
    with recursive line (seq, parent, level) as (
      select e.seq, e.parent, 0 from experiments e where e.seq = ${start}
      union all
      select e.seq, e.parent, line.level + 1 from experiments e join line on e.seq = line.parent
      where line.level < ${limit}
    ) select seq from line order by level`.execute(database.db)
  const next = rows[limit]
  return {
    items: await experimentsBySeq(
      database,
      rows.slice(0, limit).map(({ seq }) => seq),
    ),
    nextCursor: next === undefined ? null : encodeCursor([next.seq]),
  }
}

const MAX_DESCENDANTS = 1000

/** What hangs below an experiment, nearest first. */
export async function descendantsOf(database: Database, id: string, limit: number): Promise<ExperimentRow[]> {
  const found: number[] = []
  const start = await findExperiment(database, id)
  const most = Math.min(MAX_DESCENDANTS, limit)
  for (let level = start === undefined ? [] : [start.seq]; level.length > 0 && found.length < most;) {
    const rows = await database.db
      .selectFrom("experiments")
      .select("seq")
      .where(database.dialect.isIn("parent", level))
      .orderBy("seq")
      .limit(most - found.length)
      .execute()
    level = rows.map(({ seq }) => seq)
    found.push(...level)
  }
  return experimentsBySeq(database, found)
}

/** Promoted by reruns, plus the baseline; best first. */
export async function frontierOf(
  { db }: Database,
  task: string,
  className: string,
  verdicts: Verdicts,
  limit: number,
): Promise<FrontierRow[]> {
  const { classes: [key = UNKNOWN] = [] } = await keysOf(db, { task, class: className })
  const known = await db.selectFrom("tasks").select("terms").where("id", "=", task).executeTakeFirst()
  const terms = known === undefined ? undefined : parseTerms(known.terms)
  const rows = await selectRows(db)
    .where("e.class", "=", key)
    .where("e.frontier", "=", flag(true))
    .orderBy("e.cost")
    .orderBy("e.created")
    .orderBy("e.id")
    .limit(limit)
    .execute()
  const [top] = rows
  return rows.map((row) => ({
    ...experimentRow(row),
    tied: row === top || (top !== undefined && terms !== undefined && isTied(row, top, terms, verdicts)),
  }))
}

/** Whether reruns do not tell an experiment of the frontier from its first. */
function isTied(row: Row, top: Row, terms: TaskTerms, verdicts: Verdicts): boolean {
  return !verdicts.separates(terms, summaryOf(top), summaryOf(row))
}

function experimentRow(row: Row): ExperimentRow {
  return {
    seq: row.seq,
    id: row.id,
    task: row.taskId,
    parent: row.parentId ?? row.missing_parent,
    code: row.code,
    author: row.nodeId,
    authorName: nameOf(row.authorName),
    created: row.created,
    class: row.className,
    outcome: row.outcome,
    claim: row.claim,
    value: row.value,
    status: row.status,
    verdict: row.verdict,
    explanation: row.explanation,
    reproducedBy: row.reproduced_by,
    voters: row.voters,
    error: row.error,
    noise: row.noise === null || row.freedom === null ? null : { sd: row.noise, df: row.freedom },
    depth: row.depth,
    changed: row.changed,
    keepAncestor: row.keepId,
    candidate: row.candidate === 1,
    frontier: row.frontier === 1,
    promoted: row.promoted === 1,
    title: row.title,
    agent: row.agent,
    seconds: row.seconds,
  }
}

/** A filter with its ids looked up: given as values, the planner sees which index answers the rest. */
interface Keys {
  readonly task?: number
  /** Implies the task. */
  readonly classes?: readonly number[]
  readonly author?: number
  readonly parent?: number
}

const UNKNOWN = -1

async function keysOf(db: Kysely<Tables>, filter: ExperimentFilter): Promise<Keys> {
  const keys: { -readonly [K in keyof Keys]: Keys[K] } = {}
  if (filter.task !== undefined) keys.task = await taskKey(db, filter.task)
  if (filter.class !== undefined) {
    let classes = db.selectFrom("classes").select("key").where("name", "=", filter.class)
    if (keys.task !== undefined) classes = classes.where("task", "=", keys.task)
    keys.classes = (await classes.execute()).map(({ key }) => key)
  }
  if (filter.author !== undefined) keys.author = await authorKey(db, filter.author)
  if (filter.parent !== undefined) keys.parent = await factSeq(db, filter.parent)
  return keys
}

function applyFilter(query: Rows, filter: ExperimentFilter, { task, classes, author, parent }: Keys): Rows {
  let rows = query
  if (classes !== undefined) {
    const column = task === undefined || filter.sort === "best" ? sql`e.class` : sql`+e.class`
    rows = rows.where(sql<SqlBool>`${column} in (${sql.join(classes.length === 0 ? [UNKNOWN] : classes)})`)
  }
  // A class is of one task: by value its own index answers, in any other order the task's, which the plus leaves.
  if (task !== undefined && (classes === undefined || filter.sort !== "best")) rows = rows.where("e.task", "=", task)
  if (author !== undefined) rows = rows.where("e.author", "=", author)
  if (parent !== undefined) rows = rows.where("e.parent", "=", parent)
  if (filter.root === true) rows = rows.where("e.parent", "is", null).where("e.missing_parent", "is", null)
  if (filter.status !== undefined) rows = rows.where("e.status", "=", filter.status)
  if (filter.verdict !== undefined) {
    rows = rows.where("e.verdict", "=", filter.verdict)
    // Every verdict but this one needs voters, and few experiments have any: the index on those is used then.
    if (filter.verdict !== "unverified") rows = rows.where("e.voters", ">", sql.lit(0))
  }
  // Written as the index on these has it.
  if (filter.verified === true) rows = rows.where(sql<SqlBool>`e.verdict in ('reproduced', 'upheld')`)
  if (filter.verified === false) rows = rows.where("e.verdict", "not in", ["reproduced", "upheld"])
  if (filter.candidate !== undefined) rows = rows.where("e.candidate", "=", flag(filter.candidate))
  if (filter.frontier !== undefined) rows = rows.where("e.frontier", "=", flag(filter.frontier))
  if (filter.changedAfter !== undefined) rows = rows.where("e.changed", ">", filter.changedAfter)
  return rows
}

type Sort = NonNullable<ExperimentFilter["sort"]>

function sorted(query: Rows, sort: Sort, cursor: string | undefined): Rows {
  switch (sort) {
    case "newest":
    case "oldest":
      return bySeq(query, sort, cursor)
    case "best":
      return byCost(query.where("e.cost", "is not", null), cursor)
    case "changed":
      return byChange(query, cursor)
  }
}

function bySeq(query: Rows, sort: "newest" | "oldest", cursor: string | undefined): Rows {
  const ordered = query.orderBy("e.seq", sort === "newest" ? "desc" : "asc")
  if (cursor === undefined) return ordered
  const [seq] = decodeCursor(cursor, "integer")
  return ordered.where("e.seq", sort === "newest" ? "<" : ">", Number(seq))
}

function byCost(query: Rows, cursor: string | undefined): Rows {
  const ordered = query.orderBy("e.cost").orderBy("e.created").orderBy("e.id")
  return cursor === undefined
    ? ordered
    : ordered.where(after(["e.cost", "e.created", "e.id"], decodeCursor(cursor, "real", "integer", "id")))
}

function byChange(query: Rows, cursor: string | undefined): Rows {
  const ordered = query.orderBy("e.changed").orderBy("e.seq")
  return cursor === undefined
    ? ordered
    : ordered.where(after(["e.changed", "e.seq"], decodeCursor(cursor, "integer", "integer")))
}

/** Row value comparison: both databases answer it from an index on the columns. */
function after(columns: readonly string[], values: readonly unknown[]): Expression<SqlBool> {
  return sql<SqlBool>`(${sql.join(columns.map((column) => sql.ref(column)))}) > (${sql.join(values)})`
}

function positionOf(row: Row, sort: Sort): (string | number | null)[] {
  if (sort === "best") return [row.cost, row.created, row.id]
  return sort === "changed" ? [row.changed, row.seq] : [row.seq]
}
