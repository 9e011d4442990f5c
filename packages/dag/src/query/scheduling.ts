import { sql, type SqlBool } from "kysely"
import type { Database } from "../database/dialect.ts"
import { numberList } from "../database/json.ts"
import type { StateRerun, StateRuns } from "../store.ts"
import { taskKey } from "./facts.ts"

/** Who was active is looked for among so many reruns, the newest stored ones. */
const RECENT_RERUNS = 10_000
/** Most active keys told: keys are free. */
const MOST_ACTIVE = 256

/** Keys that reran anything of a class since a time, newest first. */
export async function listActiveVerifiers(
  { db }: Database,
  task: string,
  className: string,
  since: number,
): Promise<string[]> {
  const recent = db.selectFrom("reruns").selectAll().orderBy("seq", "desc").limit(RECENT_RERUNS).as("r")
  const rows = await db
    .selectFrom(recent)
    .innerJoin("authors as a", "a.key", "r.author")
    .select((e) => ["a.id", e.fn.max("r.created").as("newest")])
    .where("r.class", "=", await classKey(db, task, className))
    .where("r.created", ">=", since)
    .groupBy("a.id")
    .orderBy("newest", "desc")
    .orderBy("a.id")
    .limit(MOST_ACTIVE)
    .execute()
  return rows.map(({ id }) => id)
}

/**
 * By author, the reproduced results of a class dated after the newest rerun of one of its refuted results: an author
 * dates its own results as it likes, and not the reruns that refuted them.
 */
export async function listStreaks({ db }: Database, task: string, className: string): Promise<Map<string, number>> {
  const key = await classKey(db, task, className)
  const refuted = db
    .selectFrom("experiments as e")
    .leftJoin("reruns as r", "r.experiment", "e.seq")
    .select(["e.author", sql<number>`max(coalesce(r.created, e.created))`.as("at")])
    .where("e.task", "=", await taskKey(db, task))
    .where("e.class", "=", key)
    .where("e.verdict", "=", "refuted")
    .where("e.voters", ">", sql.lit(0))
    .groupBy("e.author")
    .as("refuted")
  const rows = await db
    .selectFrom("experiments as e")
    .innerJoin("authors as a", "a.key", "e.author")
    .leftJoin(refuted, "refuted.author", "e.author")
    .select((e) => ["a.id", e.fn.countAll<number>().as("streak")])
    .where("e.task", "=", await taskKey(db, task))
    .where("e.class", "=", key)
    // Written as the index on these has it.
    .where(sql<SqlBool>`e.verdict in ('reproduced', 'upheld')`)
    .where((e) => e.or([e("refuted.at", "is", null), e("e.created", ">", e.ref("refuted.at"))]))
    .groupBy("a.id")
    .execute()
  return new Map(rows.map(({ id, streak }) => [id, streak]))
}

/** Who measured the code states of experiments in their classes, by sequence number. */
export async function listStateRuns(
  { db, dialect }: Database,
  seqs: readonly number[],
): Promise<Map<number, StateRuns>> {
  if (seqs.length === 0) return new Map()
  const asked = await db
    .selectFrom("experiments")
    .select(["seq", "class", "code", "code_key"])
    .where(dialect.isIn("seq", seqs))
    .execute()
  const codes = [...new Set(asked.map((row) => row.code_key))]
  const claims = await db
    .selectFrom("experiments as e")
    .innerJoin("authors as a", "a.key", "e.author")
    .select(["e.class", "e.code", "a.id as author"])
    .distinct()
    .where(dialect.isIn("e.code_key", codes))
    .where("e.outcome", "=", "ok")
    .orderBy("a.id")
    .execute()
  const reruns = await db
    .selectFrom("experiments as e")
    .innerJoin("reruns as r", (join) => join.onRef("r.experiment", "=", "e.seq").onRef("r.class", "=", "e.class"))
    .innerJoin("authors as a", "a.key", "r.author")
    .select(["e.class", "e.code", "a.id as author", "r.seq", "r.outcome", "r.replicates"])
    .where(dialect.isIn("e.code_key", codes))
    .orderBy("r.seq")
    .execute()

  const states = new Map<string, Runs>()
  const stateOf = (row: { readonly class: number; readonly code: string }): Runs => {
    const name = `${row.class} ${row.code}`
    const state = states.get(name) ?? { claimedBy: [], reruns: [] }
    states.set(name, state)
    return state
  }
  for (const row of claims) stateOf(row).claimedBy.push(row.author)
  for (const row of reruns) {
    const { author, seq, outcome } = row
    stateOf(row).reruns.push({ author, seq, outcome, replicates: numberList(row.replicates) })
  }
  return new Map(asked.map((row) => [row.seq, stateOf(row)]))
}

interface Runs {
  claimedBy: string[]
  reruns: StateRerun[]
}

const UNKNOWN = -1

async function classKey(db: Database["db"], task: string, name: string): Promise<number> {
  const row = await db
    .selectFrom("classes")
    .select("key")
    .where("task", "=", await taskKey(db, task))
    .where("name", "=", name)
    .executeTakeFirst()
  return row?.key ?? UNKNOWN
}
