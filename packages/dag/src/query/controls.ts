import { type RawBuilder, sql, type SqlBool } from "kysely"
import type { Database } from "../database/dialect.ts"
import { idList, numberList } from "../database/json.ts"
import type { AuthorRow, ControlRow, RerunRow } from "../store.ts"

/** The reruns of an experiment, in the order they were stored. */
export async function listReruns({ db }: Database, experiment: string): Promise<RerunRow[]> {
  const rows = await db
    .selectFrom("facts as target")
    .innerJoin("experiments as e", "e.seq", "target.seq")
    .innerJoin("reruns as r", "r.experiment", "e.seq")
    .innerJoin("authors as a", "a.key", "r.author")
    .innerJoin("classes as c", "c.key", "r.class")
    .innerJoin("tasks as t", "t.key", "e.task")
    .selectAll("r")
    .select(["a.id as nodeId", "c.name as className", "t.id as task", "e.author as claimant", "e.class as claimed"])
    .where("target.id", "=", experiment)
    .orderBy("r.seq")
    .execute()
  return rows.map(({ nodeId, className, claimant, claimed, ...row }) => ({
    ...row,
    experiment,
    author: nodeId,
    class: className,
    scores: numberList(row.scores),
    replicates: numberList(row.replicates),
    eligible: row.author !== claimant && row.class === claimed,
  }))
}

/** The challenges and disputes about an experiment, in the order they were stored. */
export function listControls(database: Database, experiment: string): Promise<ControlRow[]> {
  return controls(database, sql<SqlBool>`target.id = ${experiment}`)
}

/** Challenges by an author on experiments that it has recorded no dispute about. */
export function listOpenChallenges(database: Database, author: string): Promise<ControlRow[]> {
  return controls(
    database,
    sql<SqlBool>`a.id = ${author} and c.kind = 'challenge' and not exists (
      select 1 from controls settled
      where settled.experiment = c.experiment and settled.author = c.author and settled.kind = 'dispute'
    )`,
  )
}

async function controls({ db }: Database, condition: RawBuilder<SqlBool>): Promise<ControlRow[]> {
  const rows = await db
    .selectFrom("controls as c")
    .innerJoin("facts as target", "target.seq", "c.experiment")
    .innerJoin("tasks as t", "t.key", "target.task")
    .innerJoin("authors as a", "a.key", "c.author")
    .selectAll("c")
    .select(["target.id as targetId", "t.id as task", "a.id as nodeId"])
    .where(condition)
    .orderBy("c.seq")
    .execute()
  return rows.map(({ targetId, nodeId, ...row }) => ({
    ...row,
    experiment: targetId,
    author: nodeId,
    evidence: idList(row.evidence),
  }))
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
