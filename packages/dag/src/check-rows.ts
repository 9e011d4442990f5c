import type { Kysely } from "kysely"
import type { Tables } from "./database/schema.ts"
import { inPages } from "./query/by-id.ts"

/** A derived row as two databases of the same facts have it: by ids, without keys and sequence numbers. */
export interface ComparableRow {
  /** Of the fact it was derived from. */
  readonly id: string
}

type Query = (db: Kysely<Tables>, after: string, limit: number) => Promise<ComparableRow[]>

/** What is derived, list by list: each row by row in the order of ids. */
export const COMPARABLE: readonly ((db: Kysely<Tables>) => AsyncGenerator<ComparableRow>)[] = [
  experiments,
  reruns,
  controls,
  profiles,
].map((query: Query) => (db) => inPages((after, limit) => query(db, after, limit)))

function experiments(db: Kysely<Tables>, after: string, limit: number): Promise<ComparableRow[]> {
  return db
    .selectFrom("facts as f")
    .innerJoin("experiments as e", "e.seq", "f.seq")
    .innerJoin("tasks as t", "t.key", "e.task")
    .innerJoin("classes as c", "c.key", "e.class")
    .innerJoin("authors as a", "a.key", "e.author")
    .leftJoin("experiments as p", "p.seq", "e.parent")
    .leftJoin("experiments as l", "l.seq", "e.line_parent")
    .leftJoin("experiments as k", "k.seq", "e.keep_ancestor")
    .leftJoin("experiments as b", "b.seq", "e.promoted_ancestor")
    .select([
      "f.id",
      "t.id as task",
      "c.name as class",
      "a.id as author",
      "e.created",
      "e.depth",
      "e.code",
      "e.outcome",
    ])
    .select(["p.id as parent", "e.missing_parent", "l.id as lineParent", "e.scores", "e.claim", "e.claimed_status"])
    .select(["e.title", "e.agent", "e.seconds", "e.value", "e.cost", "e.status", "e.verdict", "e.explanation"])
    .select([
      "e.reproduced_by",
      "e.voters",
      "e.basis",
      "e.error",
      "e.noise",
      "e.freedom",
      "e.measured",
      "k.id as keepAncestor",
      "b.id as promotedAncestor",
    ])
    .select(["e.promoted", "e.keep_children", "e.promoted_children", "e.candidate", "e.frontier"])
    .where("f.id", ">", after)
    .orderBy("f.id")
    .limit(limit)
    .execute()
}

function reruns(db: Kysely<Tables>, after: string, limit: number): Promise<ComparableRow[]> {
  return db
    .selectFrom("facts as f")
    .innerJoin("reruns as r", "r.seq", "f.seq")
    .innerJoin("facts as x", "x.seq", "r.experiment")
    .innerJoin("tasks as t", "t.key", "r.task")
    .innerJoin("classes as c", "c.key", "r.class")
    .innerJoin("authors as a", "a.key", "r.author")
    .select(["f.id", "r.kind", "t.id as task", "x.id as experiment", "c.name as class", "a.id as author", "r.created"])
    .select(["r.outcome", "r.scores", "r.replicates", "r.value"])
    .where("f.id", ">", after)
    .orderBy("f.id")
    .limit(limit)
    .execute()
}

function controls(db: Kysely<Tables>, after: string, limit: number): Promise<ComparableRow[]> {
  return db
    .selectFrom("facts as f")
    .innerJoin("controls as c", "c.seq", "f.seq")
    .innerJoin("facts as x", "x.seq", "c.experiment")
    .innerJoin("tasks as t", "t.key", "c.task")
    .innerJoin("authors as a", "a.key", "c.author")
    .select(["f.id", "c.kind", "t.id as task", "x.id as experiment", "a.id as author"])
    .select(["c.created", "c.evidence", "c.outcome"])
    .where("f.id", ">", after)
    .orderBy("f.id")
    .limit(limit)
    .execute()
}

function profiles(db: Kysely<Tables>, after: string, limit: number): Promise<ComparableRow[]> {
  return db
    .selectFrom("facts as f")
    .innerJoin("profiles as p", "p.seq", "f.seq")
    .innerJoin("authors as a", "a.key", "p.author")
    .select(["f.id", "a.id as author", "p.created", "p.display_name", "p.bio"])
    .select(["p.website", "p.avatar_url", "p.donation_address"])
    .where("f.id", ">", after)
    .orderBy("f.id")
    .limit(limit)
    .execute()
}
