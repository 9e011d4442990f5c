import {
  type AnyRecord,
  type Clock,
  encodeEnvelope,
  type Kind,
  parseRecord,
  SporeError,
  systemClock,
} from "@spore/records"
import type { Kysely, Selectable } from "kysely"
import { openDatabase } from "./database/open.ts"
import type { FactsTable, Tables } from "./database/schema.ts"
import { listAuthors, listControls, listOpenChallenges, listReruns } from "./sql/controls.ts"
import { derivedDigest } from "./sql/digest.ts"
import { experimentRow, listExperiments } from "./sql/experiments.ts"
import { createIngest, DEFAULT_PENDING, type PendingLimits } from "./sql/ingest.ts"
import { projectFact } from "./sql/project.ts"
import { rederive } from "./sql/rederive.ts"
import { listTasks } from "./sql/tasks.ts"
import type { Change, LogEntry, LogName, Store, StoreErrorCode } from "./store.ts"
import { claimsOnly, type Verdicts } from "./verdicts.ts"

export interface StoreInit {
  /** The database file; `:memory:` keeps everything in memory. */
  path: string
  verdicts?: Verdicts
  clock?: Clock
  pending?: PendingLimits
}

/**
 * Opens a store on SQLite.
 *
 * @throws SporeError `database_unusable`, `database_newer`
 */
export async function createStore(init: StoreInit): Promise<Store> {
  const db = await openDatabase(init.path)
  const verdicts = init.verdicts ?? claimsOnly
  const clock = init.clock ?? systemClock
  const ingest = createIngest({ db, verdicts, clock, limits: init.pending ?? DEFAULT_PENDING })
  const listeners = new Set<(changes: readonly Change[]) => void>()
  const goalOf = async (task: string): Promise<"minimize" | "maximize"> => {
    const record = await getRecord(db, task)
    return record?.kind === "task" ? record.body.metric.goal : "minimize"
  }

  return {
    ingest: async (records, from = "local") => {
      const { results, stored } = await ingest(records, from)
      if (stored.length > 0) for (const listener of listeners) listener(stored)
      return results
    },
    get: (id) => getRecord(db, id),
    resolve: (prefix, kind) => resolvePrefix(db, prefix, kind),

    tasks: () => listTasks(db),
    task: async (id) => (await listTasks(db, id))[0],

    experiment: async (id) => {
      const row = await db.selectFrom("experiments").selectAll().where("id", "=", id).executeTakeFirst()
      return row === undefined ? undefined : experimentRow(row)
    },
    experiments: (filter, page = {}) => listExperiments(db, filter, page, goalOf),
    lineage: async (id) => {
      const rows = await db
        .withRecursive("line", (cte) =>
          cte
            .selectFrom("experiments")
            .selectAll()
            .where("id", "=", id)
            .unionAll(
              cte.selectFrom("experiments").innerJoin("line", "line.parent", "experiments.id").selectAll("experiments"),
            ),
        )
        .selectFrom("line")
        .selectAll()
        .orderBy("depth", "desc")
        .execute()
      return rows.map(experimentRow)
    },
    reruns: (experiment) => listReruns(db, experiment),
    controls: (experiment) => listControls(db, experiment),
    openChallenges: (author) => listOpenChallenges(db, author),
    frontier: async (task, hardwareClass) => {
      const goal = await goalOf(task)
      const rows = await db
        .selectFrom("experiments")
        .selectAll()
        .where("task", "=", task)
        .where("class", "=", hardwareClass)
        .where("frontier", "=", 1)
        .orderBy("value", goal === "minimize" ? "asc" : "desc")
        .orderBy("created")
        .orderBy("id")
        .execute()
      return rows.map(experimentRow)
    },

    authors: (task) => listAuthors(db, task),
    changes: (afterSeq, limit) =>
      db
        .selectFrom("facts")
        .select(["seq", "id", "kind", "task", "author", "created"])
        .where("seq", ">", afterSeq)
        .orderBy("seq")
        .limit(limit)
        .execute(),
    lastSeq: async () => {
      const row = await db
        .selectFrom("facts")
        .select((e) => e.fn.max("seq").as("seq"))
        .executeTakeFirst()
      return row?.seq ?? 0
    },
    onStored: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    wanted: async () => {
      const rows = await db.selectFrom("pending").select("missing").distinct().execute()
      return rows.map((row) => row.missing)
    },
    logs: () => listLogs(db),
    logEntries: (log) => listLogEntries(db, log),
    envelopes: async (ids) => {
      if (ids.length === 0) return []
      const rows = await db.selectFrom("facts").select(["payload", "signature"]).where("id", "in", ids).execute()
      return rows.map(encodeEnvelope)
    },

    getLocal: async (key) => {
      const row = await db.selectFrom("local").select("value").where("key", "=", key).executeTakeFirst()
      return row?.value
    },
    setLocal: async (key, value) => {
      if (value === null) await db.deleteFrom("local").where("key", "=", key).execute()
      else {
        await db
          .insertInto("local")
          .values({ key, value })
          .onConflict((conflict) => conflict.column("key").doUpdateSet({ value }))
          .execute()
      }
    },

    rebuild: () => rebuild(db, verdicts),
    digest: () => derivedDigest(db, verdicts.policy),
    close: () => db.destroy(),
  }
}

function decodeFact(row: Pick<Selectable<FactsTable>, "payload" | "signature">): AnyRecord {
  return parseRecord(row.payload, row.signature)
}

async function getRecord(db: Kysely<Tables>, id: string): Promise<AnyRecord | undefined> {
  const row = await db.selectFrom("facts").select(["payload", "signature"]).where("id", "=", id).executeTakeFirst()
  return row === undefined ? undefined : decodeFact(row)
}

async function resolvePrefix(db: Kysely<Tables>, prefix: string, kind: Kind | undefined): Promise<string> {
  // A range instead of LIKE: the index on id answers it, and no character of the prefix is a wildcard.
  let query = db.selectFrom("facts").select("id").where("id", ">=", prefix).where("id", "<", `${prefix}\u{7f}`)
  if (kind !== undefined) query = query.where("kind", "=", kind)
  const [first, second] = await query.orderBy("id").limit(2).execute()
  if (first === undefined || prefix === "") {
    throw new SporeError<StoreErrorCode>("not_found", `nothing here has an id beginning with ${prefix}`)
  }
  if (second !== undefined && first.id !== prefix) {
    throw new SporeError<StoreErrorCode>("ambiguous_id", `several ids begin with ${prefix}`, {
      next: "give more characters of the id",
    })
  }
  return first.id
}

async function listLogs(db: Kysely<Tables>): Promise<LogName[]> {
  const tasks = await db.selectFrom("facts").select("id").where("kind", "=", "task").orderBy("id").execute()
  return ["tasks", "profiles", ...tasks.map(({ id }): LogName => `task/${id}`)]
}

function listLogEntries(db: Kysely<Tables>, log: LogName): Promise<LogEntry[]> {
  const facts = db.selectFrom("facts").select(["id", "created"]).orderBy("created").orderBy("id")
  if (log === "tasks") return facts.where("kind", "=", "task").execute()
  if (log === "profiles") return facts.where("kind", "=", "profile").execute()
  return facts.where("task", "=", log.slice("task/".length)).execute()
}

async function rebuild(db: Kysely<Tables>, verdicts: Verdicts): Promise<void> {
  await db.transaction().execute(async (tx) => {
    for (const table of ["experiments", "reruns", "controls"] as const) await tx.deleteFrom(table).execute()
    const tasks = new Map<string, Extract<AnyRecord, { kind: "task" }>["body"]>()
    const facts = tx.selectFrom("facts").select(["seq", "experiment", "payload", "signature"]).orderBy("seq")
    // Facts were stored ancestors first, so their sequence is an order in which they can be projected.
    for (const row of await facts.execute()) {
      const record = decodeFact(row)
      if (record.kind === "task") tasks.set(record.id, record.body)
      const task = "task" in record.body ? tasks.get(record.body.task.toString()) : undefined
      await projectFact(tx, record, row.seq, task, row.experiment)
    }
    for (const [id, task] of tasks) await rederive(tx, id, task, verdicts)
  })
}
