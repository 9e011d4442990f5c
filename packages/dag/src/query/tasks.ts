import type { Projection } from "@spore/records"
import type { Database } from "../database/dialect.ts"
import { taskInfo } from "../ingest/tasks.ts"
import type { Standing, TaskRow } from "../store.ts"
import { bestOf } from "./experiments.ts"

/** All tasks, or the one named. Most active first: by authors, so that one key cannot pull everyone. */
export async function listTasks(
  database: Database,
  projections: readonly Projection[],
  id?: string,
): Promise<TaskRow[]> {
  let query = database.db
    .selectFrom("tasks")
    .leftJoin("authors as a", "a.key", "tasks.author")
    .leftJoin("facts as f", "f.seq", "tasks.seq")
    .selectAll("tasks")
    .select(["a.id as nodeId", "f.id as factId", "f.kind", "f.payload", "f.signature"])
    // Of tasks that nobody signed a manifest of only those count that something belongs to.
    .where((e) => e.or([e("tasks.standing", "=", 2), e("tasks.experiments", ">", 0)]))
    .orderBy("tasks.authors", "desc")
    .orderBy("tasks.experiments", "desc")
    .orderBy("tasks.id")
  if (id !== undefined) query = query.where("tasks.id", "=", id)
  const rows: TaskRow[] = []
  for (const { key, nodeId, factId, kind, payload, signature, ...row } of await query.execute()) {
    const isManifest = factId === row.id && kind !== null && payload !== null && signature !== null
    // A withheld manifest is not shown; what others know of the task is theirs.
    if (isManifest && payload.length === 0) continue
    rows.push({
      ...taskInfo(row, nodeId, isManifest ? { kind, payload, signature } : undefined, projections),
      seq: row.seq,
      experiments: row.experiments,
      kept: row.kept,
      authors: row.authors,
      lastActivity: Math.max(row.last_activity, row.created ?? 0),
      standings: await standings(database, key),
    })
  }
  return rows
}

/** How each hardware class stands, that of most experiments first. */
async function standings(database: Database, task: number): Promise<Standing[]> {
  const classes = await database.db
    .selectFrom("classes")
    .selectAll()
    .where("task", "=", task)
    .where("experiments", ">", 0)
    .orderBy("experiments", "desc")
    .orderBy("name")
    .execute()
  const rows: Standing[] = []
  for (const { key, name, experiments, authors, candidates, frontier } of classes) {
    const promoted = await bestOf(database, key, "promoted")
    rows.push({
      class: name,
      experiments,
      authors,
      best: promoted ?? (await bestOf(database, key, "candidate")),
      bestPromoted: promoted !== null,
      baseline: await baselineOf(database, key),
      candidates,
      frontier,
    })
  }
  return rows
}

async function baselineOf({ db }: Database, classKey: number): Promise<number | null> {
  const row = await db
    .selectFrom("experiments")
    .select("value")
    .where("class", "=", classKey)
    .where("parent", "is", null)
    .where("status", "=", "keep")
    .orderBy("created")
    .orderBy("id")
    .limit(1)
    .executeTakeFirst()
  return row?.value ?? null
}
