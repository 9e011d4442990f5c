import type { Ancestors, Projection, SignedObject } from "@spore/records"
import { type Kysely, type Selectable, sql } from "kysely"
import { projectionOf, readFact } from "../database/read-fact.ts"
import type { FactsTable, Tables } from "../database/schema.ts"
import type { Verdicts } from "../verdicts.ts"
import { type Accepted, findFacts, type FoundFact, insertFacts } from "./facts.ts"
import { projectFacts } from "./project.ts"
import type { Session } from "./session.ts"
import { keepTask, loadTasks } from "./tasks.ts"

export interface ReprojectInit {
  readonly projections: readonly Projection[]
  readonly verdicts: Verdicts
}

/** A stored fact as it is read back. */
export type StoredFact = Pick<
  Selectable<FactsTable>,
  "seq" | "id" | "kind" | "task" | "created" | "payload" | "signature"
> & {
  readonly author: string
  readonly taskId: string | null
  readonly aboutId: string | null
  readonly reason: string | null
  readonly parent: string | null
  readonly code: string | null
}

/**
 * Projects the facts of dropped tasks again, in the order they were stored. For what a transaction cannot follow step
 * by step: an operator's block, an orphan whose parent arrived.
 */
export async function projectTasks(session: Session, tasks: Iterable<number>, init: ReprojectInit): Promise<void> {
  for (const task of tasks) {
    for await (const facts of storedInChunks(session.tx, task)) {
      await projectStored(
        session,
        facts.filter(({ seq }) => seq <= session.derivedThrough),
        init,
      )
    }
  }
}

/**
 * Projects facts that were checked before, given in the order they were stored; with `insert` into a database that does
 * not have them yet.
 */
export async function projectStored(
  session: Session,
  facts: readonly StoredFact[],
  { projections, verdicts, insert = false }: ReprojectInit & { readonly insert?: boolean },
): Promise<void> {
  const found = new Map<string, FoundFact>()
  const ancestors: Ancestors = {
    task: (id) => session.known.tasks.get(id)?.info,
    fact: (id) => found.get(id),
  }
  const items: Item[] = facts.flatMap((fact): Item[] => {
    const projection = projectionOf(projections, fact.kind)
    if (projection === undefined) return []
    const object = fact.payload.length === 0 ? null : readFact(projection, fact, fact.id)
    const links = object === null ? [fact.parent].filter((id) => id !== null) : projection.head(object).links
    return [{ fact, projection, object, links }]
  })
  const named = [...facts.map(({ id }) => id), ...items.flatMap(({ links }) => links)]
  for (const [id, fact] of await findFacts(session, named)) found.set(id, fact)
  if (insert) {
    for (const { seq, id, kind, taskId, created, aboutId } of facts) {
      found.set(id, { seq, kind, task: taskId, created, experiment: aboutId, isWithheld: false })
    }
  }
  const tasks = [...facts.map(({ taskId }) => taskId), ...items.flatMap(({ links }) => links)]
  await loadTasks(
    session,
    tasks.filter((id) => id !== null),
    projections,
  )
  const accepted: Accepted[] = []
  for (const { fact, projection, object } of items) {
    const rows = object === null ? tombstoneRows(fact) : projection.project(object, ancestors)
    for (const row of rows) if (row.table === "task") await keepTask(session, row, fact.seq)
    const { seq, id, kind, payload, signature, author, created, taskId, aboutId, reason } = fact
    accepted.push({
      seq,
      object: object ?? { id, kind, payload, signature },
      head: { author, created, links: [] },
      projection,
      task: taskId,
      experiment: aboutId,
      withheld: object === null ? (reason ?? "withheld") : null,
      rows,
    })
  }
  if (insert) await insertFacts(session, accepted, found)
  await projectFacts(session, accepted, found, verdicts)
}

interface Item {
  readonly fact: StoredFact
  readonly projection: Projection
  /** Null where it is withheld. */
  readonly object: SignedObject | null
  readonly links: readonly string[]
}

/** What stays in the graph of a withheld experiment: its place. */
function tombstoneRows({ kind, taskId, parent, code }: StoredFact): Accepted["rows"] {
  if (taskId === null || code === null) return []
  const claimedStatus = kind === "experiment" ? null : "discard"
  const unsaid = { title: "", hypothesis: "", agent: "", seconds: 0, scores: [], class: "" }
  return [{ table: "experiment", task: taskId, parent, code, outcome: "crash", claimedStatus, ...unsaid }]
}

/** Projects manifests and profiles again: facts that belong to no task. */
export async function projectTaskless(session: Session, seqs: readonly number[], init: ReprojectInit): Promise<void> {
  const { tx, dialect } = session
  const derived = seqs.filter((seq) => seq <= session.derivedThrough)
  if (derived.length === 0) return
  await dialect.search.remove(tx, derived)
  await projectStored(session, await stored(tx).where(dialect.isIn("facts.seq", derived)).execute(), init)
}

/** Facts projected in one go. */
const CHUNK = 256

/** All facts in the order they were stored, of one task or of all. */
export async function* storedInChunks(db: Kysely<Tables>, task: number | null): AsyncGenerator<StoredFact[]> {
  for (let after = 0; ;) {
    const facts = await storedAfter(db, after, task)
    const last = facts.at(-1)
    if (last === undefined) return
    yield facts
    after = last.seq
  }
}

/** The next chunk of facts after a sequence number, of one task or of all; empty at the end. */
export async function storedAfter(db: Kysely<Tables>, after: number, task: number | null): Promise<StoredFact[]> {
  let query = stored(db).where("facts.seq", ">", after).limit(CHUNK)
  if (task !== null) query = query.where("facts.task", "=", task)
  return query.execute()
}

// oxlint-disable-next-line typescript/explicit-function-return-type
function stored(db: Kysely<Tables>) {
  return db
    .selectFrom("facts")
    .innerJoin("authors", "authors.key", "facts.author")
    .leftJoin("tasks", "tasks.key", "facts.task")
    .leftJoin("facts as about", "about.seq", "facts.experiment")
    .leftJoin("withheld", "withheld.seq", "facts.seq")
    .select([
      "facts.seq",
      "facts.id",
      "facts.kind",
      "facts.task",
      "facts.created",
      "facts.payload",
      "facts.signature",
      "authors.id as author",
      "tasks.id as taskId",
      "about.id as aboutId",
      "withheld.reason",
      "withheld.parent",
      "withheld.code",
    ])
    .orderBy("facts.seq")
}

/** Drops everything derived of a task. */
export async function dropTask({ tx, dialect }: Session, task: number): Promise<void> {
  const { rows } = await sql<{ seq: number }>`select seq from experiments where task = ${task}`.execute(tx)
  await dialect.search.remove(
    tx,
    rows.map(({ seq }) => seq),
  )
  await sql`delete from reruns where task = ${task}`.execute(tx)
  await sql`delete from controls where task = ${task}`.execute(tx)
  await sql`delete from experiments where task = ${task}`.execute(tx)
  await sql`delete from class_authors where class in (select key from classes where task = ${task})`.execute(tx)
  await sql`delete from task_authors where task = ${task}`.execute(tx)
  // The keys of classes stay: other transactions and processes remember them.
  await sql`update classes set experiments = 0, authors = 0, candidates = 0, frontier = 0, revision = revision + 1
    where task = ${task}`.execute(tx)
  await sql`update tasks set experiments = 0, kept = 0, authors = 0, last_activity = 0 where key = ${task}`.execute(tx)
}
