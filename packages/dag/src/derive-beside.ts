import { type Ancestors, type Projection, type SignedObject, SporeError } from "@spore/records"
import type { Database } from "./database/dialect.ts"
import { insertObjects } from "./database/insert-rows.ts"
import { projectionOf, readFact } from "./database/read-fact.ts"
import { openSqlite } from "./database/sqlite.ts"
import type { FoundFact } from "./ingest/facts.ts"
import { authorKeys, createDictionaries, openSession } from "./ingest/session.ts"
import { keepTask } from "./ingest/tasks.ts"
import { sporeProjection } from "./spore-projection.ts"
import { createSqlStore } from "./sql-store.ts"
import type { Change, Store, StoreErrorCode, TaskRow, Tombstone } from "./store.ts"
import type { Verdicts } from "./verdicts.ts"

export interface DeriveBesideInit {
  /** The policy of the view. */
  readonly verdicts: Verdicts
  /** Those of the other store; Spore's own records by default. */
  readonly projections?: readonly Projection[]
}

/**
 * Derives one task from another store's facts under another policy, in memory: a view to read from, of which the other
 * store learns nothing. It has the task's facts of now under their sequence numbers; of those withheld, their place in
 * the graph. It knows no profiles, so that its authors have no names. Closing it frees it.
 *
 * @throws SporeError `not_found` where the store does not know the task
 */
export async function deriveBeside(store: Store, taskId: string, init: DeriveBesideInit): Promise<Store> {
  const { verdicts, projections = [sporeProjection] } = init
  const task = await store.task(taskId)
  if (task === undefined) throw new SporeError<StoreErrorCode>("not_found", `no task ${taskId} is stored here`)
  const database = await openSqlite(":memory:")
  try {
    const found = new Map<string, FoundFact>()
    for await (const facts of factsOf(store, task)) {
      await copyFacts(database, task, placed(facts, task, projections, found), found)
    }
  } catch (error) {
    await database.db.destroy()
    throw error
  }
  // It opens on facts of which nothing is derived yet.
  return createSqlStore(database, `view of ${taskId}`, { verdicts, projections })
}

interface Fact extends Change {
  /** Null where it is withheld. */
  readonly object: SignedObject | null
  readonly tombstone: Tombstone | null
}

/** Facts read in one go. */
const CHUNK = 2048

/** The manifest, where somebody signed one, then the task's facts in the order they were stored. */
async function* factsOf(store: Store, task: TaskRow): AsyncGenerator<Fact[]> {
  const tombstones = createTombstones(store)
  const read = async (changes: readonly Change[]): Promise<Fact[]> => {
    const objects = new Map((await store.objects(changes.map(({ id }) => id))).map((object) => [object.id, object]))
    const facts: Fact[] = []
    for (const change of changes) {
      const object = objects.get(change.id) ?? null
      facts.push({ ...change, object, tombstone: object === null ? await tombstones(change.id) : null })
    }
    return facts
  }
  // A lineage of the 0.6 network without a manifest is a task too, known by an experiment of its own.
  const named = await store.changes(task.seq - 1, 1)
  yield read(named.filter((change) => change.id === task.id && change.task === null))
  for (let after = 0; ;) {
    const changes = await store.changes(after, CHUNK, task.id)
    const last = changes.at(-1)
    if (last === undefined) return
    yield read(changes)
    after = last.seq
  }
}

/** Finds tombstones by the id of their fact; they are listed once, when the first is asked for. */
function createTombstones(store: Store): (id: string) => Promise<Tombstone | null> {
  let all: Map<string, Tombstone> | undefined
  return async (id) => {
    all ??= await listTombstones(store)
    return all.get(id) ?? null
  }
}

async function listTombstones(store: Store): Promise<Map<string, Tombstone>> {
  const all = new Map<string, Tombstone>()
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await store.withheld(cursor === undefined ? { limit: 500 } : { limit: 500, cursor })
    for (const tombstone of page.items) all.set(tombstone.id, tombstone)
    cursor = page.nextCursor
  }
  return all
}

/** Those that have a place in the graph; notes in `found` what others will find of them. */
function placed(
  facts: readonly Fact[],
  task: TaskRow,
  projections: readonly Projection[],
  found: Map<string, FoundFact>,
): Fact[] {
  const ancestors: Ancestors = { task: (id) => (id === task.id ? task : undefined), fact: (id) => found.get(id) }
  return facts.filter((fact) => {
    const { seq, id, kind, task: within, created, object, tombstone } = fact
    // Only an experiment's tombstone names its code.
    let experiment = tombstone === null || tombstone.code === null ? null : id
    if (object !== null) {
      const projection = projectionOf(projections, object.kind)
      const validity = projection?.check(readFact(projection, object, id), ancestors)
      if (validity?.state !== "valid") return false
      experiment = validity.experiment
    }
    // What the other store moved or withheld meanwhile may come twice, or without a tombstone.
    if (found.has(id) || (object === null && tombstone === null)) return false
    found.set(id, { seq, kind, task: within, created, experiment, isWithheld: object === null })
    return true
  })
}

const WITHHELD = { payload: new Uint8Array(), signature: new Uint8Array() }

async function copyFacts(
  { db, dialect }: Database,
  task: TaskRow,
  facts: readonly Fact[],
  found: ReadonlyMap<string, FoundFact>,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const session = await openSession(tx, dialect, createDictionaries())
    const { key } = await keepTask(session, { table: "task", info: task, standing: 0 }, task.seq)
    const authors = await authorKeys(
      session,
      facts.map(({ author }) => author),
    )
    const rows = facts.map(({ seq, id, kind, task: within, author, created, object }) => {
      const { payload, signature } = object ?? WITHHELD
      const about = found.get(id)?.experiment ?? null
      return {
        seq,
        id,
        kind,
        task: within === null ? null : key,
        author: authors.get(author) ?? 0,
        created,
        experiment: about === null ? null : (found.get(about)?.seq ?? null),
        payload,
        signature,
      }
    })
    await insertObjects(tx, dialect, "facts", rows)
    const tombstones = facts.flatMap(({ seq, tombstone }) =>
      tombstone === null ? [] : [{ seq, reason: tombstone.reason, parent: tombstone.parent, code: tombstone.code }],
    )
    await insertObjects(tx, dialect, "withheld", tombstones)
  })
}
