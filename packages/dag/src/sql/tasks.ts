import { parseRecord, type TaskBody } from "@spore/records"
import type { Kysely, Selectable } from "kysely"
import type { FactsTable, Tables } from "../database/schema.ts"
import type { ExperimentRow, Standing, TaskRow } from "../store.ts"
import { experimentRow } from "./experiments.ts"

/** All tasks, or the one named. Most active first: by authors, so that one key cannot pull everyone. */
export async function listTasks(db: Kysely<Tables>, id?: string): Promise<TaskRow[]> {
  let query = db.selectFrom("facts").selectAll().where("kind", "=", "task")
  if (id !== undefined) query = query.where("id", "=", id)
  const rows = await Promise.all((await query.execute()).map((fact) => taskRow(db, fact)))
  return rows.toSorted(
    (a, b) => b.authors - a.authors || b.experiments - a.experiments || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  )
}

async function taskRow(db: Kysely<Tables>, fact: Selectable<FactsTable>): Promise<TaskRow> {
  const record = parseRecord(fact.payload, fact.signature)
  if (record.kind !== "task") throw new TypeError(`${fact.id} is stored as a task and is none`)
  const counts = await db
    .selectFrom("experiments")
    .where("task", "=", fact.id)
    .select((e) => [
      e.fn.countAll<number>().as("experiments"),
      e.fn.count<number>("id").filterWhere("status", "=", "keep").as("kept"),
    ])
    .executeTakeFirstOrThrow()
  const newest = await db
    .selectFrom("facts")
    .where("task", "=", fact.id)
    .select((e) => e.fn.max("created").as("created"))
    .executeTakeFirst()
  return {
    seq: fact.seq,
    id: fact.id,
    author: fact.author,
    body: record.body,
    ...counts,
    authors: await countAuthors(db, fact.id),
    lastActivity: newest?.created ?? fact.created,
    standings: await standings(db, fact.id, record.body),
  }
}

async function standings(db: Kysely<Tables>, task: string, body: TaskBody): Promise<Standing[]> {
  const classes = await db
    .selectFrom("experiments")
    .where("task", "=", task)
    .groupBy("class")
    .select((e) => [
      "class",
      e.fn.countAll<number>().as("experiments"),
      e.fn.count<number>("id").filterWhere("candidate", "=", 1).as("candidates"),
      e.fn.count<number>("id").filterWhere("frontier", "=", 1).as("frontier"),
    ])
    .execute()
  const rows = await Promise.all(
    classes.map(async (row): Promise<Standing> => {
      const first = (mark: "candidate" | "promoted"): Promise<ExperimentRow | null> =>
        bestMarked(db, task, body, row.class, mark)
      const promoted = await first("promoted")
      const baseline = await db
        .selectFrom("experiments")
        .select("value")
        .where("task", "=", task)
        .where("class", "=", row.class)
        .where("parent", "is", null)
        .where("status", "=", "keep")
        .orderBy("created")
        .orderBy("id")
        .executeTakeFirst()
      return {
        ...row,
        authors: await countAuthors(db, task, row.class),
        best: promoted ?? (await first("candidate")),
        bestVerified: promoted !== null,
        baseline: baseline?.value ?? null,
      }
    }),
  )
  return rows.toSorted((a, b) => b.experiments - a.experiments || (a.class < b.class ? -1 : 1))
}

/** Keys that measured anything, experiments or reruns, in a task or one class of it. */
async function countAuthors(db: Kysely<Tables>, task: string, hardwareClass?: string): Promise<number> {
  let experiments = db.selectFrom("experiments").select("author").where("task", "=", task)
  let reruns = db.selectFrom("reruns").select("author").where("task", "=", task)
  if (hardwareClass !== undefined) {
    experiments = experiments.where("class", "=", hardwareClass)
    reruns = reruns.where("class", "=", hardwareClass)
  }
  const { n } = await db
    .selectFrom(experiments.union(reruns).as("keys"))
    .select((e) => e.fn.countAll<number>().as("n"))
    .executeTakeFirstOrThrow()
  return n
}

async function bestMarked(
  db: Kysely<Tables>,
  task: string,
  { metric }: TaskBody,
  hardwareClass: string,
  mark: "candidate" | "promoted",
): Promise<ExperimentRow | null> {
  let query = db
    .selectFrom("experiments")
    .selectAll()
    .where("task", "=", task)
    .where("class", "=", hardwareClass)
    .where("status", "=", "keep")
    .where(mark, "=", 1)
  if (mark === "promoted") query = query.where("frontier", "=", 1)
  const row = await query
    .orderBy("value", metric.goal === "minimize" ? "asc" : "desc")
    .orderBy("created")
    .orderBy("id")
    .executeTakeFirst()
  return row === undefined ? null : experimentRow(row)
}
