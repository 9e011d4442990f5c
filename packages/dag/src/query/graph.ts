import { type Expression, sql, type SqlBool } from "kysely"
import type { Database } from "../database/dialect.ts"
import type { GraphFilter, GraphPoint, GraphVersion } from "../store.ts"
import { classKey, newestSeq } from "./facts.ts"

/** Rows read in one go, some 10 ms of the one thread. */
const PAGE = 4000

/** A class of a task by column, in ascending sequence number, without what only one experiment's page shows. */
export async function* listGraphPoints({ db }: Database, filter: GraphFilter): AsyncGenerator<GraphPoint[]> {
  const { task, key } = await classKey(db, filter.task, filter.class)
  const { changedAfter } = filter
  const shared: Shared = { status: createShared(), verdict: createShared(), author: createShared() }
  for (let after = 0; ;) {
    // What changed is few: its index answers, and what it gives is put in order.
    const place: Expression<SqlBool> =
      changedAfter === undefined
        ? sql<SqlBool>`e.seq > ${after}`
        : sql<SqlBool>`e.changed > ${changedAfter} and +e.seq > ${after}`
    const { rows } = await sql<FoundPoint>`
      select e.seq, e.parent, e.value, e.status, e.verdict, e.reproduced_by as "reproducedBy", e.voters, e.error,
        e.candidate, e.frontier, e.promoted, e.created, a.id as author, e.changed
      from experiments e join authors a on a.key = e.author
      where e.task = ${task} and +e.class = ${key} and ${place}
      order by e.seq limit ${PAGE}`.execute(db)
    if (rows.length > 0) yield rows.map((row) => graphPoint(row, shared))
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    after = last.seq
  }
}

type Mark = "candidate" | "frontier" | "promoted"
type FoundPoint = Omit<GraphPoint, Mark> & { readonly [K in Mark]: number }

function graphPoint({ candidate, frontier, promoted, ...row }: FoundPoint, shared: Shared): GraphPoint {
  return {
    ...row,
    status: shared.status(row.status),
    verdict: shared.verdict(row.verdict),
    author: shared.author(row.author),
    candidate: candidate === 1,
    frontier: frontier === 1,
    promoted: promoted === 1,
  }
}

type Shared = { readonly [K in "status" | "verdict" | "author"]: (text: GraphPoint[K]) => GraphPoint[K] }

/** Gives equal texts as one: SQLite's rows each have their own, which is half of what a point takes. */
function createShared<T extends string>(): (text: T) => T {
  const known = new Map<T, T>()
  return (text) => {
    const same = known.get(text)
    if (same === undefined) known.set(text, text)
    return same ?? text
  }
}

export async function graphVersion(database: Database, task: string, name: string): Promise<GraphVersion> {
  const seq = await newestSeq(database)
  const row = await database.db
    .selectFrom("classes")
    .innerJoin("tasks", "tasks.key", "classes.task")
    .select(["classes.revision", "classes.experiments"])
    .where("tasks.id", "=", task)
    .where("classes.name", "=", name)
    .executeTakeFirst()
  return { seq, revision: row?.revision ?? 0, experiments: row?.experiments ?? 0 }
}
