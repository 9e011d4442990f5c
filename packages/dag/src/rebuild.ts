import { setImmediate } from "node:timers/promises"
import type { Projection } from "@spore/records"
import { sql, type Kysely } from "kysely"
import type { Database } from "./database/dialect.ts"
import { outdated } from "./database/errors.ts"
import { readLocal, writeLocal } from "./database/local.ts"
import { DERIVED, type Tables } from "./database/schema.ts"
import { projectStored, storedAfter } from "./ingest/reproject.ts"
import { createDictionaries, openSession, THROUGH } from "./ingest/session.ts"
import { derivationName } from "./query/digest.ts"
import type { Verdicts } from "./verdicts.ts"

/** Layout of the derived tables; another number makes a store derive everything anew. */
const LAYOUT = 3

export interface RebuildInit {
  readonly database: Database
  readonly projections: readonly Projection[]
  readonly verdicts: Verdicts
}

export type Progress = (done: number, total: number) => void

/** Derives everything anew, if the derived tables were made by other rules or were left unfinished. */
export async function catchUp(init: RebuildInit, progress?: Progress): Promise<void> {
  const { db } = init.database
  const marks = await readMarks(db)
  if (marks.rules !== rulesOf(init)) await dropDerived(init)
  else if (marks.through === null) return
  await deriveFrom(init, progress)
}

/**
 * For who may not write.
 *
 * @throws SporeError `database_outdated` where `catchUp` would have something to do
 */
export async function assertDerived(init: RebuildInit, name: string): Promise<void> {
  await assertOwnRules(init, name)
  const { through } = await readMarks(init.database.db)
  if (through !== null) throw outdated(`${name} is being derived anew`)
}

/**
 * For who may write, and not drop what others derived.
 *
 * @throws SporeError `database_outdated`
 */
export async function assertOwnRules(init: RebuildInit, name: string): Promise<void> {
  const { rules } = await readMarks(init.database.db)
  if (rules !== rulesOf(init)) throw outdated(`${name} was derived by the rules of another release`)
}

/** Drops what is derived and leaves it so, as at the beginning of a rebuild: facts are then stored, and no more. */
export async function leaveUnderived(init: RebuildInit): Promise<void> {
  if ((await readMarks(init.database.db)).through === null) await dropDerived(init)
}

/** Drops and derives everything derived anew. */
export async function rebuild(init: RebuildInit, progress?: Progress): Promise<void> {
  await dropDerived(init)
  await deriveFrom(init, progress)
}

/** The rules that derived rows follow: layout, networks and policy. */
function rulesOf({ projections, verdicts }: RebuildInit): string {
  return `${LAYOUT} ${derivationName(projections, verdicts.policy)}`
}

const RULES = "derived.rules"

async function readMarks(db: Kysely<Tables>): Promise<{ rules: string | undefined; through: number | null }> {
  const through = await readLocal(db, THROUGH)
  return { rules: await readLocal(db, RULES), through: through === undefined ? null : Number(through) }
}

async function dropDerived(init: RebuildInit): Promise<void> {
  const { db, dialect } = init.database
  await db.transaction().execute(async (tx) => {
    await dialect.lockWriters(tx)
    for (const table of DERIVED) await tx.deleteFrom(table).execute()
    await dialect.search.clear(tx)
    await sql`update tasks set standing = -1, experiments = 0, kept = 0, authors = 0, last_activity = 0`.execute(tx)
    await sql`update classes set experiments = 0, authors = 0, candidates = 0, frontier = 0, revision = revision + 1`.execute(
      tx,
    )
    await writeLocal(tx, THROUGH, "0")
    await writeLocal(tx, RULES, rulesOf(init))
  })
}

/** Goes on from the mark, a transaction at a time, so that a stop in between loses one batch of work at most. */
async function deriveFrom(init: RebuildInit, progress: Progress | undefined): Promise<void> {
  const { db, dialect } = init.database
  const known = createDictionaries()
  const { total } = await db
    .selectFrom("facts")
    .select((e) => e.fn.countAll<number>().as("total"))
    .executeTakeFirstOrThrow()
  for (let done = 0, isLeft = true; isLeft;) {
    isLeft = await db.transaction().execute(async (tx) => {
      const session = await openSession(tx, dialect, known)
      const { through } = await readMarks(tx)
      const facts = through === null ? [] : await storedAfter(tx, through, null)
      const last = facts.at(-1)
      if (last === undefined) {
        await writeLocal(tx, THROUGH, null)
        return false
      }
      await projectStored(session, facts, init)
      await writeLocal(tx, THROUGH, String(last.seq))
      done += facts.length
      return true
    })
    progress?.(Math.min(done, total), total)
    await setImmediate()
  }
}
