import { type AnyRecord, encodeEnvelope, type Projection, type SignedObject, SporeError } from "@spore/records"
import { type Selectable, sql, type SqlBool } from "kysely"
import type { Database } from "../database/dialect.ts"
import { projectionOf, readFact } from "../database/read-fact.ts"
import type { ProfilesTable } from "../database/schema.ts"
import type {
  Block,
  Change,
  LogEntry,
  LogName,
  Page,
  PageRequest,
  ProfileRow,
  StoreErrorCode,
  Tombstone,
} from "../store.ts"
import { AmbiguousIdError, MAX_CANDIDATES } from "../ambiguous-id.ts"
import { sporeProjection } from "../spore-projection.ts"
import { decodeCursor, encodeCursor, pageLimit } from "./cursor.ts"

/** A fact's kind and bytes; undefined where it is unknown or withheld. */
async function stored({ db }: Database, id: string): Promise<Omit<SignedObject, "id"> | undefined> {
  const row = await db
    .selectFrom("facts")
    .select(["kind", "payload", "signature"])
    .where("id", "=", id)
    .executeTakeFirst()
  return row === undefined || row.payload.length === 0 ? undefined : row
}

export async function getRecord(database: Database, id: string): Promise<AnyRecord | undefined> {
  const row = await stored(database, id)
  if (row === undefined || !sporeProjection.kinds.includes(row.kind)) return undefined
  return readFact(sporeProjection, row, id)
}

export async function getObject(
  database: Database,
  projections: readonly Projection[],
  id: string,
): Promise<SignedObject | undefined> {
  const row = await stored(database, id)
  const projection = row === undefined ? undefined : projectionOf(projections, row.kind)
  return row === undefined || projection === undefined ? undefined : readFact(projection, row, id)
}

/** The one id that begins with `prefix`. */
export async function resolvePrefix({ db }: Database, prefix: string, kind: string | undefined): Promise<string> {
  // A range instead of LIKE: the index on id answers it, and no character of the prefix is a wildcard.
  let facts = db.selectFrom("facts").select("id").where("id", ">=", prefix).where("id", "<", `${prefix}\u{7f}`)
  if (kind !== undefined) facts = facts.where("kind", "in", [kind, `legacy_${kind}`])
  let ids = await facts.orderBy("id").limit(MAX_CANDIDATES).execute()
  if (kind === "task" && ids.length < MAX_CANDIDATES) {
    // A task of the 0.6 network may have no manifest.
    const tasks = db.selectFrom("tasks").select("id").where("id", ">=", prefix).where("id", "<", `${prefix}\u{7f}`)
    const named = await tasks.where("experiments", ">", 0).orderBy("id").limit(MAX_CANDIDATES).execute()
    ids = [...new Set([...ids, ...named].map(({ id }) => id))].toSorted().map((id) => ({ id }))
  }
  const [first, second] = ids
  if (first === undefined || prefix === "") {
    throw new SporeError<StoreErrorCode>("not_found", `nothing here has an id beginning with ${prefix}`)
  }
  if (second !== undefined && first.id !== prefix) {
    throw new AmbiguousIdError(
      prefix,
      ids.map(({ id }) => id),
    )
  }
  return first.id
}

/** Stored facts after a sequence number, oldest first. */
export async function listChanges({ db }: Database, after: number, limit: number, task?: string): Promise<Change[]> {
  let query = changes(db).where("f.seq", ">", after).orderBy("f.seq").limit(limit)
  if (task !== undefined) query = query.where("f.task", "=", await taskKey(db, task))
  return query.execute()
}

/** Stored facts, newest first. */
export async function listActivity(
  { db }: Database,
  task: string | undefined,
  page: PageRequest,
): Promise<Page<Change>> {
  const limit = pageLimit(page)
  let query = changes(db)
    .orderBy("f.seq", "desc")
    .limit(limit + 1)
  if (task !== undefined) query = query.where("f.task", "=", await taskKey(db, task))
  if (page.cursor !== undefined) query = query.where("f.seq", "<", Number(decodeCursor(page.cursor, "integer")[0]))
  return pageOf(await query.execute(), limit)
}

const UNKNOWN = -1

/** The sequence number of a fact, looked up beforehand for the same reason as a task's key. */
export async function factSeq(db: Database["db"], id: string): Promise<number> {
  const row = await db.selectFrom("facts").select("seq").where("id", "=", id).executeTakeFirst()
  return row?.seq ?? UNKNOWN
}

/** The key of a task, looked up beforehand: given as a value, the planner sees that an index answers the rest. */
export async function taskKey(db: Database["db"], id: string): Promise<number> {
  const row = await db.selectFrom("tasks").select("key").where("id", "=", id).executeTakeFirst()
  return row?.key ?? UNKNOWN
}

/** The keys of a class and its task. */
export async function classKey(
  db: Database["db"],
  taskId: string,
  name: string,
): Promise<{ readonly task: number; readonly key: number }> {
  const task = await taskKey(db, taskId)
  const row = await db
    .selectFrom("classes")
    .select("key")
    .where("task", "=", task)
    .where("name", "=", name)
    .executeTakeFirst()
  return { task, key: row?.key ?? UNKNOWN }
}

/** The key of an author, looked up beforehand like a task's. */
export async function authorKey(db: Database["db"], nodeId: string): Promise<number> {
  const row = await db.selectFrom("authors").select("key").where("id", "=", nodeId).executeTakeFirst()
  return row?.key ?? UNKNOWN
}

// oxlint-disable-next-line typescript/explicit-function-return-type
function changes(db: Database["db"]) {
  return db
    .selectFrom("facts as f")
    .innerJoin("authors as a", "a.key", "f.author")
    .leftJoin("tasks as t", "t.key", "f.task")
    .select(["f.seq", "f.id", "f.kind", "t.id as task", "a.id as author", "f.created"])
}

export async function newestSeq({ db }: Database): Promise<number> {
  const row = await db
    .selectFrom("facts")
    .select((e) => e.fn.max("seq").as("seq"))
    .executeTakeFirst()
  return row?.seq ?? 0
}

/** The logs, with or without anything in them: what a node follows, not what it has. */
export async function listLogs({ db }: Database): Promise<LogName[]> {
  const tasks = await db
    .selectFrom("facts")
    .select("id")
    .where("task", "is", null)
    .where("kind", "=", "task")
    .orderBy("id")
    .execute()
  return ["tasks", "profiles", "legacy", ...tasks.map(({ id }): LogName => `task/${id}`)]
}

export async function listLogEntries({ db }: Database, log: LogName): Promise<LogEntry[]> {
  const facts = db.selectFrom("facts").select(["id", "created"]).orderBy("created").orderBy("id")
  if (log === "tasks") return facts.where("task", "is", null).where("kind", "=", "task").execute()
  if (log === "profiles") return facts.where("task", "is", null).where("kind", "=", "profile").execute()
  // Written as the index on these has it.
  if (log === "legacy") return facts.where(sql<SqlBool>`kind >= 'legacy_' and kind < 'legacy~'`).execute()
  const id = log.slice("task/".length)
  return facts.where("task", "=", (e) => e.selectFrom("tasks").select("key").where("id", "=", id)).execute()
}

/** The bytes of objects of any network, without those withheld. */
export async function listObjects({ db, dialect }: Database, ids: readonly string[]): Promise<SignedObject[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom("facts")
    .select(["id", "kind", "payload", "signature"])
    .where(dialect.isIn("id", ids))
    .execute()
  return rows.filter(({ payload }) => payload.length > 0)
}

/** Envelopes of Spore's records, without those withheld. */
export async function listEnvelopes(database: Database, ids: readonly string[]): Promise<Uint8Array[]> {
  const objects = await listObjects(database, ids)
  return objects.filter(({ kind }) => sporeProjection.kinds.includes(kind)).map(encodeEnvelope)
}

/** Which ids are known: of facts, of those withheld, and of what waits for an ancestor. */
export async function listKnown({ db, dialect }: Database, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const facts = await db.selectFrom("facts").select("id").where(dialect.isIn("id", ids)).execute()
  const pending = await db.selectFrom("pending").select("id").where(dialect.isIn("id", ids)).execute()
  return new Set([...facts, ...pending].map(({ id }) => id))
}

export async function findProfile({ db }: Database, nodeId: string): Promise<ProfileRow | undefined> {
  const row = await profiles(db).where("a.id", "=", nodeId).executeTakeFirst()
  return row === undefined ? undefined : profileRow(row)
}

export async function profilesBySeq(
  { db, dialect }: Database,
  seqs: readonly number[],
): Promise<Map<number, ProfileRow>> {
  const rows = await profiles(db).where(dialect.isIn("p.seq", seqs)).execute()
  return new Map(rows.map((row) => [row.seq, profileRow(row)]))
}

// oxlint-disable-next-line typescript/explicit-function-return-type
function profiles(db: Database["db"]) {
  return db
    .selectFrom("profiles as p")
    .innerJoin("authors as a", "a.key", "p.author")
    .selectAll("p")
    .select("a.id as nodeId")
}

function profileRow(row: Selectable<ProfilesTable> & { readonly nodeId: string }): ProfileRow {
  return {
    nodeId: row.nodeId,
    id: row.id,
    created: row.created,
    displayName: row.display_name,
    bio: row.bio,
    website: row.website,
    avatarUrl: row.avatar_url,
    donationAddress: row.donation_address,
  }
}

export function listBlocks({ db }: Database): Promise<Block[]> {
  return db.selectFrom("blocked").selectAll().orderBy("since").orderBy("value").execute()
}

/** What this node withholds, newest stored first. */
export async function listWithheld({ db }: Database, page: PageRequest): Promise<Page<Tombstone>> {
  const limit = pageLimit(page)
  let query = changes(db)
    .innerJoin("withheld as w", "w.seq", "f.seq")
    .select(["w.parent", "w.code", "w.reason"])
    .orderBy("w.seq", "desc")
    .limit(limit + 1)
  if (page.cursor !== undefined) query = query.where("w.seq", "<", Number(decodeCursor(page.cursor, "integer")[0]))
  return pageOf(await query.execute(), limit)
}

function pageOf<T extends { readonly seq: number }>(rows: readonly T[], limit: number): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeCursor([last.seq]) : null }
}
