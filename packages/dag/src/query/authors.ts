import { type Kysely, type RawBuilder, sql, type SqlBool } from "kysely"
import type { Database } from "../database/dialect.ts"
import type { Tables } from "../database/schema.ts"
import type { AuthorDetail, AuthorRow, Page, PageRequest, StoreCounts } from "../store.ts"
import { decodeCursor, encodeCursor, pageLimit } from "./cursor.ts"
import { taskKey } from "./facts.ts"
import { nameOf } from "./names.ts"

/** Tasks that one author's answer names. */
const MAX_TASKS = 100

type FoundAuthor = Omit<AuthorRow, "name"> & { readonly name: string | null }

/** What each author did, in one task or in all, busiest first. */
export async function listAuthors(
  { db }: Database,
  task: string | undefined,
  page: PageRequest,
): Promise<Page<AuthorRow>> {
  const limit = pageLimit(page)
  const within = task === undefined ? sql`` : sql`where task = ${await taskKey(db, task)}`
  const { rows } = await sql<FoundAuthor>`
    select a.id as "nodeId", n.display_name as name, w.experiments, w.kept, w.reruns as verifications,
      w.last_activity as "lastActivity"
    from (
      select author, sum(experiments) as experiments, sum(kept) as kept, sum(reruns) as reruns,
        max(last_activity) as last_activity
      from task_authors ${within} group by author
    ) w
    join authors a on a.key = w.author
    left join profiles n on n.author = w.author
    where ${page.cursor === undefined ? sql`w.experiments + w.reruns > 0` : after(page.cursor)}
    order by w.experiments + w.reruns desc, a.id limit ${limit + 1}`.execute(db)
  const items = rows.slice(0, limit).map((row) => ({ ...row, name: nameOf(row.name) }))
  const last = items.at(-1)
  return {
    items,
    nextCursor:
      rows.length > limit && last !== undefined
        ? encodeCursor([last.experiments + last.verifications, last.nodeId])
        : null,
  }
}

function after(cursor: string): RawBuilder<SqlBool> {
  const [work, id] = decodeCursor(cursor, "integer", "id")
  return sql<SqlBool>`w.experiments + w.reruns between 1 and ${work}
    and (w.experiments + w.reruns < ${work} or a.id > ${id})`
}

/** What one author did, and in which tasks most; nothing where it is not known. */
export async function findAuthor({ db }: Database, nodeId: string): Promise<AuthorDetail> {
  const tasks = await workOf(db, nodeId)
    .orderBy(sql`w.experiments + w.reruns`, "desc")
    .orderBy("t.id")
    .limit(MAX_TASKS)
    .execute()
  const sums = await db
    .selectFrom("authors as a")
    .leftJoin("task_authors as w", "w.author", "a.key")
    .leftJoin("profiles as n", "n.author", "a.key")
    .select((e) => [
      "n.display_name as name",
      e.fn.coalesce(e.fn.sum<number>("w.experiments"), sql<number>`0`).as("experiments"),
      e.fn.coalesce(e.fn.sum<number>("w.kept"), sql<number>`0`).as("kept"),
      e.fn.coalesce(e.fn.sum<number>("w.reruns"), sql<number>`0`).as("verifications"),
      e.fn.max("w.last_activity").as("lastActivity"),
    ])
    .where("a.id", "=", nodeId)
    .groupBy("n.display_name")
    .executeTakeFirst()
  const { name = null, experiments = 0, kept = 0, verifications = 0, lastActivity = null } = sums ?? {}
  return { nodeId, name: nameOf(name), experiments, kept, verifications, lastActivity, tasks }
}

// oxlint-disable-next-line typescript/explicit-function-return-type
function workOf(db: Kysely<Tables>, nodeId: string) {
  return db
    .selectFrom("task_authors as w")
    .innerJoin("authors as a", "a.key", "w.author")
    .innerJoin("tasks as t", "t.key", "w.task")
    .select(["t.id", "t.name", "w.experiments", "w.kept", "w.reruns as verifications"])
    .where("a.id", "=", nodeId)
    .where(sql<SqlBool>`w.experiments + w.reruns > 0`)
}

/** Ids of authors that begin with `prefix`, in their order. */
export async function listAuthorIds({ db }: Database, prefix: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom("authors")
    .select("id")
    .where("id", ">=", prefix)
    .where("id", "<", `${prefix}\u{7f}`)
    .orderBy("id")
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/** How much is stored. */
export async function countAll({ db }: Database): Promise<StoreCounts> {
  const tasks = await db
    .selectFrom("tasks")
    .select((e) => [
      e.fn.countAll<number>().as("tasks"),
      e.fn.coalesce(e.fn.sum<number>("experiments"), sql<number>`0`).as("experiments"),
      e.fn.coalesce(e.fn.sum<number>("kept"), sql<number>`0`).as("kept"),
    ])
    .where((e) => e.or([e("standing", "=", 2), e("experiments", ">", 0)]))
    .executeTakeFirstOrThrow()
  const authors = await db
    .selectFrom("task_authors")
    .select((e) => [
      e.fn.count<number>("author").distinct().as("authors"),
      e.fn.coalesce(e.fn.sum<number>("reruns"), sql<number>`0`).as("verifications"),
    ])
    .where(sql<SqlBool>`experiments + reruns > 0`)
    .executeTakeFirstOrThrow()
  return { ...tasks, ...authors }
}
