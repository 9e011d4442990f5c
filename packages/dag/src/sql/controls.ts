import { sql, type Kysely } from "kysely"
import type { Tables } from "../database/schema.ts"
import type { AuthorRow, ControlRow, RerunRow } from "../store.ts"
import { idList, numberList } from "./json.ts"

/** The reruns of an experiment, in the order they were stored. */
export async function listReruns(db: Kysely<Tables>, experiment: string): Promise<RerunRow[]> {
  const rows = await db
    .selectFrom("reruns")
    .innerJoin("experiments", "experiments.id", "reruns.experiment")
    .selectAll("reruns")
    .select(["experiments.author as claimant", "experiments.class as claimedClass"])
    .where("reruns.experiment", "=", experiment)
    .orderBy("reruns.seq")
    .execute()
  return rows.map(({ claimant, claimedClass, ...row }) => ({
    ...row,
    scores: numberList(row.scores),
    replicates: numberList(row.replicates),
    eligible: row.author !== claimant && row.class === claimedClass,
  }))
}

/** The challenges and disputes about an experiment, in the order they were stored. */
export async function listControls(db: Kysely<Tables>, experiment: string): Promise<ControlRow[]> {
  const rows = await db.selectFrom("controls").selectAll().where("experiment", "=", experiment).orderBy("seq").execute()
  return rows.map((row) => ({ ...row, evidence: idList(row.evidence) }))
}

/** Challenges by an author on experiments that it has recorded no dispute about. */
export async function listOpenChallenges(db: Kysely<Tables>, author: string): Promise<ControlRow[]> {
  const settled = db
    .selectFrom("controls")
    .select("experiment")
    .where("kind", "=", "dispute")
    .where("author", "=", author)
  const rows = await db
    .selectFrom("controls")
    .selectAll()
    .where("kind", "=", "challenge")
    .where("author", "=", author)
    .where("experiment", "not in", settled)
    .orderBy("seq")
    .execute()
  return rows.map((row) => ({ ...row, evidence: idList(row.evidence) }))
}

/** What each author did, in one task or in all, busiest first. */
export async function listAuthors(db: Kysely<Tables>, task: string | undefined): Promise<AuthorRow[]> {
  let facts = db.selectFrom("facts").where("kind", "in", ["experiment", "verification", "challenge_response"])
  if (task !== undefined) facts = facts.where("facts.task", "=", task)
  const rows = await facts
    .leftJoin("experiments", "experiments.id", "facts.id")
    .groupBy("facts.author")
    .select((e) => [
      "facts.author as nodeId",
      sql<number>`sum(facts.kind = 'experiment')`.as("experiments"),
      sql<number>`coalesce(sum(experiments.status = 'keep'), 0)`.as("kept"),
      sql<number>`sum(facts.kind <> 'experiment')`.as("verifications"),
      e.fn.max("facts.created").as("lastActivity"),
    ])
    .execute()
  return rows.toSorted(
    (a, b) => b.experiments + b.verifications - a.experiments - a.verifications || (a.nodeId < b.nodeId ? -1 : 1),
  )
}
