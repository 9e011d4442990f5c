import type { Ancestor, FactHead, GraphRow, Projection, SignedObject } from "@spore/records"
import { insertObjects } from "../database/insert-rows.ts"
import { authorKeys, type Session } from "./session.ts"

/** A stored fact, or one that is about to be, as others refer to it. */
export interface FoundFact extends Ancestor {
  readonly seq: number
  readonly isWithheld: boolean
}

/** A valid fact on its way into the graph. */
export interface Accepted {
  readonly seq: number
  readonly object: SignedObject
  readonly head: FactHead
  readonly projection: Projection
  readonly task: string | null
  /** Id of the experiment it is about. */
  readonly experiment: string | null
  /** Why its payload is not kept; null for all that is carried. */
  readonly withheld: string | null
  readonly rows: readonly GraphRow[]
}

/** Finds stored facts by id, and the experiments they are about. */
export async function findFacts(
  { tx, dialect }: Pick<Session, "tx" | "dialect">,
  ids: Iterable<string>,
): Promise<Map<string, FoundFact>> {
  const wanted = [...new Set(ids)]
  if (wanted.length === 0) return new Map()
  const rows = await tx
    .selectFrom("facts")
    .leftJoin("tasks", "tasks.key", "facts.task")
    .leftJoin("facts as about", "about.seq", "facts.experiment")
    .leftJoin("withheld", "withheld.seq", "facts.seq")
    .select(["facts.id", "facts.seq", "facts.kind", "tasks.id as task", "facts.created", "about.id as experiment"])
    .select("withheld.seq as tombstone")
    .where(dialect.isIn("facts.id", wanted))
    .execute()
  const found = new Map(rows.map(({ id, tombstone, ...fact }) => [id, { ...fact, isWithheld: tombstone !== null }]))
  // A dispute names a challenge, and only that its experiment.
  const about = rows.flatMap(({ experiment }) => experiment ?? []).filter((id) => !found.has(id))
  return about.length === 0 ? found : new Map([...found, ...(await findFacts({ tx, dialect }, about))])
}

const NOTHING = new Uint8Array()

/** Writes facts, and the tombstones of those withheld. */
export async function insertFacts(
  session: Session,
  accepted: readonly Accepted[],
  found: ReadonlyMap<string, FoundFact>,
): Promise<void> {
  const { tx, dialect, known } = session
  const authors = await authorKeys(
    session,
    accepted.map(({ head }) => head.author),
  )
  await insertObjects(
    tx,
    dialect,
    "facts",
    accepted.map(({ seq, object, head, task, experiment, withheld }) => ({
      seq,
      id: object.id,
      kind: object.kind,
      task: task === null ? null : (known.tasks.get(task)?.key ?? null),
      author: authors.get(head.author) ?? 0,
      created: head.created,
      experiment: experiment === null ? null : (found.get(experiment)?.seq ?? null),
      payload: withheld === null ? object.payload : NOTHING,
      signature: withheld === null ? object.signature : NOTHING,
    })),
  )
  const tombstones = accepted.flatMap(({ seq, withheld, rows }) => {
    if (withheld === null) return []
    const row = rows.find(({ table }) => table === "experiment")
    const line = row?.table === "experiment" ? { parent: row.parent, code: row.code } : { parent: null, code: null }
    return [{ seq, reason: withheld, ...line }]
  })
  await insertObjects(tx, dialect, "withheld", tombstones)
}
