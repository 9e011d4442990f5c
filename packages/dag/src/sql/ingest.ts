import {
  type AnyRecord,
  type Clock,
  encodeEnvelope,
  nodeIdOf,
  parseEnvelope,
  parseRecord,
  type TaskBody,
  unixSeconds,
} from "@spore/records"
import type { Kysely, Transaction } from "kysely"
import type { Tables } from "../database/schema.ts"
import type { Change, IngestResult } from "../store.ts"
import { type Ancestor, type Ancestors, checkAncestors } from "../validity.ts"
import type { Verdicts } from "../verdicts.ts"
import { projectFact } from "./project.ts"
import { rederive } from "./rederive.ts"

/** Records dated further ahead than this many seconds are dropped; they come again in their time. */
export const MAX_AHEAD_SECONDS = 600

/** How many records may wait for an ancestor. */
export interface PendingLimits {
  perSender: number
  perAuthor: number
  total: number
}

export const DEFAULT_PENDING: PendingLimits = { perSender: 1024, perAuthor: 1024, total: 16_384 }
const MAX_REMEMBERED_INVALID = 10_000

export interface IngestInit {
  db: Kysely<Tables>
  verdicts: Verdicts
  clock: Clock
  limits: PendingLimits
}

/** Takes records in: checks them against their ancestors, stores, derives. */
export interface Ingest {
  (records: readonly AnyRecord[], sender: string): Promise<{ results: IngestResult[]; stored: Change[] }>
}

export function createIngest({ db, verdicts, clock, limits }: IngestInit): Ingest {
  const invalid = new Map<string, string>()
  const tasks = new Map<string, TaskBody>()

  function remember(id: string, reason: string): void {
    invalid.set(id, reason)
    const oldest = invalid.keys().next().value
    if (invalid.size > MAX_REMEMBERED_INVALID && oldest !== undefined) invalid.delete(oldest)
  }

  return async (records, sender) => {
    const latest = unixSeconds(clock) + MAX_AHEAD_SECONDS
    const work = db.transaction().execute(async (tx) => {
      const results: IngestResult[] = []
      const stored: Change[] = []
      const ancestors = ancestorsIn(tx, tasks)

      const store = async (record: AnyRecord, experiment: string | null): Promise<void> => {
        const change = await insertFact(tx, record, experiment)
        const task = change.task === null ? undefined : await ancestors.task(change.task)
        await projectFact(tx, record, change.seq, task, experiment)
        stored.push(change)
      }

      const take = async (record: AnyRecord): Promise<Omit<IngestResult, "id">> => {
        const known = invalid.get(record.id)
        if (known !== undefined) return { status: "invalid", reason: known }
        if ((await ancestors.fact(record.id)) !== undefined) return { status: "known" }
        if (record.body.created > latest) return { status: "early" }
        const validity = await checkAncestors(record, ancestors)
        if (validity.state === "invalid") {
          remember(record.id, validity.reason)
          return { status: "invalid", reason: validity.reason }
        }
        if (validity.state === "missing") return keepAside(tx, record, validity.id, sender, limits)
        await store(record, validity.experiment)
        return { status: "stored" }
      }

      for (const record of records) results.push({ id: record.id, ...(await take(record)) })
      // What was stored may free what waited for it, which may free more.
      for (let next = 0; next < stored.length; next++) {
        const arrived = stored[next]
        if (arrived === undefined) break
        for (const record of await takePending(tx, arrived.id)) await take(record)
      }
      const touched = new Set(stored.flatMap(({ task, kind }) => (task === null || kind === "task" ? [] : [task])))
      for (const id of touched) {
        const task = await ancestors.task(id)
        if (task !== undefined) await rederive(tx, id, task, verdicts)
      }
      return { results, stored }
    })
    return work.catch((error: unknown) => {
      // A task remembered from a transaction that was rolled back is not stored.
      tasks.clear()
      throw error
    })
  }
}

/** Looks ancestors up among the stored facts; task manifests never change and are kept decoded in `tasks`. */
function ancestorsIn(tx: Transaction<Tables>, tasks: Map<string, TaskBody>): Ancestors {
  return {
    task: async (id) => {
      let task = tasks.get(id)
      if (task === undefined) {
        const row = await tx
          .selectFrom("facts")
          .select(["payload", "signature"])
          .where("id", "=", id)
          .where("kind", "=", "task")
          .executeTakeFirst()
        const record = row === undefined ? undefined : parseRecord(row.payload, row.signature)
        if (record?.kind !== "task") return undefined
        task = record.body
        tasks.set(id, task)
      }
      return task
    },
    fact: async (id): Promise<Ancestor | undefined> => {
      const row = await tx
        .selectFrom("facts")
        .select(["id", "kind", "task", "created", "experiment"])
        .where("id", "=", id)
        .executeTakeFirst()
      if (row === undefined) return undefined
      return { ...row, experiment: row.kind === "experiment" ? row.id : row.experiment }
    },
  }
}

async function insertFact(tx: Transaction<Tables>, record: AnyRecord, experiment: string | null): Promise<Change> {
  const fact = {
    id: record.id,
    kind: record.kind,
    task: "task" in record.body ? record.body.task.toString() : null,
    author: nodeIdOf(record.body.author),
    created: record.body.created,
  }
  const { seq } = await tx
    .insertInto("facts")
    .values({ ...fact, experiment, payload: record.payload, signature: record.signature })
    .returning("seq")
    .executeTakeFirstOrThrow()
  return { seq, ...fact }
}

async function keepAside(
  tx: Transaction<Tables>,
  record: AnyRecord,
  missing: string,
  sender: string,
  limits: PendingLimits,
): Promise<Omit<IngestResult, "id">> {
  const author = nodeIdOf(record.body.author)
  const count = async (column?: "sender" | "author", value = ""): Promise<number> => {
    let query = tx.selectFrom("pending").select((e) => e.fn.countAll<number>().as("n"))
    if (column !== undefined) query = query.where(column, "=", value)
    return (await query.executeTakeFirstOrThrow()).n
  }
  if (
    (await count("sender", sender)) >= limits.perSender ||
    (await count("author", author)) >= limits.perAuthor ||
    (await count()) >= limits.total
  ) {
    return { status: "dropped", reason: `${missing} is not here, and too much waits already` }
  }
  await tx
    .insertInto("pending")
    .values({ id: record.id, missing, sender, author, envelope: encodeEnvelope(record) })
    .onConflict((conflict) => conflict.column("id").doUpdateSet({ missing }))
    .execute()
  return { status: "pending", reason: `${missing} is not here yet` }
}

async function takePending(tx: Transaction<Tables>, arrived: string): Promise<AnyRecord[]> {
  const rows = await tx.deleteFrom("pending").where("missing", "=", arrived).returning("envelope").execute()
  return rows.map((row) => parseEnvelope(row.envelope))
}
