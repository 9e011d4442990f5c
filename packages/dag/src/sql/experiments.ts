import type { Kysely, Selectable, SelectQueryBuilder } from "kysely"
import type { ExperimentsTable, Tables } from "../database/schema.ts"
import type { ExperimentFilter, ExperimentRow, Page, PageRequest } from "../store.ts"
import { decodeCursor, encodeCursor, pageLimit } from "./cursor.ts"

type Rows = SelectQueryBuilder<Tables, "experiments", Selectable<ExperimentsTable>>

/** A page of experiments. */
export async function listExperiments(
  db: Kysely<Tables>,
  filter: ExperimentFilter,
  page: PageRequest,
  goalOf: (task: string) => Promise<"minimize" | "maximize">,
): Promise<Page<ExperimentRow>> {
  const limit = pageLimit(page)
  let query = applyFilter(db.selectFrom("experiments").selectAll(), filter)
  if (filter.sort === "best") {
    const goal = filter.task === undefined ? "minimize" : await goalOf(filter.task)
    query = afterValue(query.where("value", "is not", null), goal, page.cursor)
  } else {
    query = afterSeq(query, filter.sort ?? "newest", page.cursor)
  }
  const rows = await query.limit(limit + 1).execute()
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return {
    items: items.map(experimentRow),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(positionOf(last, filter)) : null,
  }
}

export function experimentRow(row: Selectable<ExperimentsTable>): ExperimentRow {
  return {
    seq: row.seq,
    id: row.id,
    task: row.task,
    parent: row.parent,
    code: row.code,
    author: row.author,
    created: row.created,
    class: row.class,
    outcome: row.outcome,
    claim: row.claim,
    value: row.value,
    status: row.status,
    verdict: row.verdict,
    explanation: row.explanation,
    reproducedBy: row.reproduced_by,
    voters: row.voters,
    depth: row.depth,
    keepAncestor: row.keep_ancestor,
    candidate: row.candidate === 1,
    frontier: row.frontier === 1,
    title: row.title,
    agent: row.agent,
    seconds: row.seconds,
  }
}

function applyFilter(query: Rows, filter: ExperimentFilter): Rows {
  let rows = query
  if (filter.task !== undefined) rows = rows.where("task", "=", filter.task)
  if (filter.class !== undefined) rows = rows.where("class", "=", filter.class)
  if (filter.author !== undefined) rows = rows.where("author", "=", filter.author)
  if (filter.parent !== undefined) rows = rows.where("parent", "=", filter.parent)
  if (filter.status !== undefined) rows = rows.where("status", "=", filter.status)
  if (filter.verdict !== undefined) rows = rows.where("verdict", "=", filter.verdict)
  if (filter.verified !== undefined) {
    rows = rows.where("verdict", filter.verified ? "in" : "not in", ["reproduced", "upheld"])
  }
  if (filter.candidate !== undefined) rows = rows.where("candidate", "=", Number(filter.candidate))
  if (filter.frontier !== undefined) rows = rows.where("frontier", "=", Number(filter.frontier))
  return rows
}

function afterSeq(query: Rows, sort: "newest" | "oldest", cursor: string | undefined): Rows {
  const ordered = query.orderBy("seq", sort === "newest" ? "desc" : "asc")
  if (cursor === undefined) return ordered
  const [seq] = decodeCursor(cursor, 1)
  return ordered.where("seq", sort === "newest" ? "<" : ">", Number(seq))
}

function afterValue(query: Rows, goal: "minimize" | "maximize", cursor: string | undefined): Rows {
  const ordered = query
    .orderBy("value", goal === "minimize" ? "asc" : "desc")
    .orderBy("created", "asc")
    .orderBy("id", "asc")
  if (cursor === undefined) return ordered
  const [value, created, id] = decodeCursor(cursor, 3)
  return ordered.where((e) =>
    e.or([
      e("value", goal === "minimize" ? ">" : "<", Number(value)),
      e.and([e("value", "=", Number(value)), e("created", ">", Number(created))]),
      e.and([e("value", "=", Number(value)), e("created", "=", Number(created)), e("id", ">", String(id))]),
    ]),
  )
}

function positionOf(row: Selectable<ExperimentsTable>, filter: ExperimentFilter): (string | number | null)[] {
  return filter.sort === "best" ? [row.value, row.created, row.id] : [row.seq]
}
