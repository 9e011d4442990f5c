import { type SignedObject } from "@spore/records"
import { type Kysely, sql } from "kysely"
import { insertObjects } from "../database/insert-rows.ts"
import type { Tables } from "../database/schema.ts"
import type { BlockScope } from "../store.ts"
import { dropTask, projectTaskless, projectTasks, type ReprojectInit } from "./reproject.ts"
import type { Session } from "./session.ts"

/** What the operator does not carry: reasons by value. */
export type Blocked = { readonly [S in BlockScope]: ReadonlyMap<string, string> }

export async function loadBlocked(db: Kysely<Tables>): Promise<Blocked> {
  const blocked = { id: noReasons(), author: noReasons(), task: noReasons(), artifact: noReasons() }
  for (const { scope, value, reason } of await db.selectFrom("blocked").selectAll().execute()) {
    blocked[scope].set(value, reason)
  }
  return blocked
}

function noReasons(): Map<string, string> {
  return new Map()
}

/** Makes tombstones of what is stored and matches, and derives the tasks concerned without it. */
export async function withholdFacts(
  session: Session,
  scope: BlockScope,
  value: string,
  reason: string,
  init: ReprojectInit,
): Promise<void> {
  if (scope === "artifact") return
  const { tx, dialect } = session
  let query = tx
    .selectFrom("facts")
    .leftJoin("withheld", "withheld.seq", "facts.seq")
    .leftJoin("experiments", "experiments.seq", "facts.seq")
    .leftJoin("facts as parents", "parents.seq", "experiments.parent")
    .select(["facts.seq", "facts.task", "facts.id", "facts.kind", "experiments.code"])
    .select((e) => e.fn.coalesce("parents.id", "experiments.missing_parent").as("parent"))
    .where("withheld.seq", "is", null)
  if (scope === "id") query = query.where("facts.id", "=", value)
  if (scope === "author") {
    query = query
      .where("facts.author", "=", (e) => e.selectFrom("authors").select("key").where("id", "=", value))
      // Others work on a task: blocking its author spares it.
      .where("facts.kind", "not in", ["task", "legacy_task"])
  }
  if (scope === "task") {
    query = query.where((e) =>
      e.or([
        e("facts.task", "=", e.selectFrom("tasks").select("key").where("id", "=", value)),
        e("facts.id", "=", value),
      ]),
    )
  }
  const facts = await query.execute()
  if (facts.length === 0) return
  const seqs = facts.map(({ seq }) => seq)
  await insertObjects(
    tx,
    dialect,
    "withheld",
    facts.map(({ seq, parent, code }) => ({ seq, reason, parent, code })),
  )
  const empty = new Uint8Array()
  await tx.updateTable("facts").set({ payload: empty, signature: empty }).where(dialect.isIn("seq", seqs)).execute()
  const shown = await tx.deleteFrom("profiles").where(dialect.isIn("seq", seqs)).returning("author").execute()
  await dialect.search.remove(tx, seqs)
  await deriveAgain(session, facts, init)
  // An older profile comes to light.
  const older = await tx
    .selectFrom("facts")
    .leftJoin("withheld", "withheld.seq", "facts.seq")
    .select("facts.seq")
    .where("facts.task", "is", null)
    .where("withheld.seq", "is", null)
    .where(
      dialect.isIn(
        "facts.author",
        shown.map(({ author }) => author),
      ),
    )
    .execute()
  await projectTaskless(
    session,
    older.map(({ seq }) => seq),
    init,
  )
}

/** Gives tombstones their payload back, and the tasks concerned what follows from it. */
export async function restoreFacts(
  session: Session,
  objects: readonly SignedObject[],
  init: ReprojectInit,
): Promise<void> {
  const { tx } = session
  const facts: { seq: number; task: number | null; kind: string }[] = []
  for (const { id, payload, signature } of objects) {
    const fact = await tx
      .updateTable("facts")
      .set({ payload, signature })
      .where("id", "=", id)
      .returning(["seq", "task", "kind"])
      .executeTakeFirstOrThrow()
    await tx.deleteFrom("withheld").where("seq", "=", fact.seq).execute()
    facts.push(fact)
  }
  await deriveAgain(session, facts, init)
  const taskless = facts.filter(({ task }) => task === null).map(({ seq }) => seq)
  await projectTaskless(session, taskless, init)
}

async function deriveAgain(
  session: Session,
  facts: readonly { readonly seq: number; readonly task: number | null; readonly kind: string }[],
  init: ReprojectInit,
): Promise<void> {
  const { rows } = await sql<{ key: number }>`
    select key from tasks where ${session.dialect.isIn(
      "seq",
      facts.map(({ seq }) => seq),
    )}`.execute(session.tx)
  const tasks = new Set([...facts.flatMap(({ task }) => task ?? []), ...rows.map(({ key }) => key)])
  for (const task of tasks) await dropTask(session, task)
  await projectTasks(session, tasks, init)
}
