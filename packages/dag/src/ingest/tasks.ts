import type { GraphTask, Projection, TaskInfo, TaskTerms } from "@spore/records"
import { budgetSchema, metricSchema, replaySchema } from "@spore/records"
import { z } from "zod"
import { storableText } from "../database/dialect.ts"
import { readFact } from "../database/read-fact.ts"
import { authorKeys, type KnownTask, type Session } from "./session.ts"

/** Reads the column that holds a task's terms as JSON. */
export function parseTerms(json: string): TaskTerms {
  return termsSchema.parse(JSON.parse(json))
}

const termsSchema: z.ZodType<TaskTerms> = z.strictObject({
  metric: metricSchema,
  replay: replaySchema,
  budget: budgetSchema,
  classKeys: z.array(z.string()),
  ownBaseline: z.boolean().exactOptional(),
})

/** What the store's row of a task says of it; the manifest itself is in its fact. */
export interface TaskColumns {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly type: string
  readonly artifact: string
  readonly terms: string
  readonly created: number | null
}

/** Reads a task's row; `fact` is its manifest, where there is one. */
export function taskInfo(
  row: TaskColumns,
  author: string | null,
  fact: { readonly kind: string; readonly payload: Uint8Array; readonly signature: Uint8Array } | undefined,
  projections: readonly Projection[],
): TaskInfo {
  const projection = projections.find(({ kinds }) => fact !== undefined && kinds.includes(fact.kind))
  if (fact !== undefined && fact.payload.length > 0 && projection !== undefined) {
    const [manifest] = projection
      .project(readFact(projection, fact, row.id), { task: () => undefined, fact: () => undefined })
      .filter((graphRow) => graphRow.table === "task")
    if (manifest?.info.id === row.id) return manifest.info
  }
  const { id, name, description, type, artifact, created } = row
  return {
    id,
    name,
    description,
    type,
    artifact,
    terms: parseTerms(row.terms),
    author,
    created,
    body: null,
  }
}

/** Loads the tasks among `ids` that are known. */
export async function loadTasks(
  { tx, dialect, known }: Session,
  ids: Iterable<string>,
  projections: readonly Projection[],
): Promise<ReadonlyMap<string, KnownTask>> {
  const missing = [...new Set(ids)].filter((id) => !known.tasks.has(id))
  if (missing.length > 0) {
    const rows = await tx
      .selectFrom("tasks")
      .leftJoin("authors", "authors.key", "tasks.author")
      .leftJoin("facts", "facts.seq", "tasks.seq")
      .selectAll("tasks")
      .select(["authors.id as nodeId", "facts.id as factId", "facts.kind", "facts.payload", "facts.signature"])
      .where(dialect.isIn("tasks.id", missing))
      .execute()
    for (const { nodeId, factId, kind, payload, signature, ...row } of rows) {
      const isManifest = factId === row.id && kind !== null && payload !== null && signature !== null
      const fact = isManifest ? { kind, payload, signature } : undefined
      // A row that a migration left to be derived says nothing yet.
      if (row.terms === "{}") continue
      known.tasks.set(row.id, {
        key: row.key,
        info: taskInfo(row, nodeId, fact, projections),
        standing: row.standing,
      })
    }
  }
  return known.tasks
}

/** Writes the row of a task, unless one of greater standing is there. Gives it as the store knows it then. */
export async function keepTask(session: Session, { info, standing }: GraphTask, seq: number): Promise<KnownTask> {
  const { tx, known, next } = session
  const before = known.tasks.get(info.id)
  if (before !== undefined && before.standing >= standing) return before
  const stored = await tx.selectFrom("tasks").select("key").where("id", "=", info.id).executeTakeFirst()
  const author = info.author === null ? null : ((await authorKeys(session, [info.author])).get(info.author) ?? null)
  const row = {
    seq,
    standing,
    name: storableText(info.name),
    description: storableText(info.description),
    type: info.type,
    artifact: info.artifact,
    terms: JSON.stringify(info.terms),
    author,
    created: info.created,
  }
  const key = stored?.key ?? next.task++
  if (stored === undefined) {
    const counts = { experiments: 0, kept: 0, authors: 0, last_activity: 0 }
    await tx
      .insertInto("tasks")
      .values({ key, id: info.id, ...row, ...counts })
      .execute()
  } else {
    await tx.updateTable("tasks").set(row).where("key", "=", key).execute()
  }
  const task = { key, info, standing }
  known.tasks.set(info.id, task)
  return task
}
