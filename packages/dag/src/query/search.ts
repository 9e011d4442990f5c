import { SporeError } from "@spore/records"
import type { Database } from "../database/dialect.ts"
import type { ExperimentRow, Page, PageRequest, SearchFilter, SearchHit, StoreErrorCode } from "../store.ts"
import { queryWords } from "../words.ts"
import { decodeCursor, encodeCursor, pageLimit } from "./cursor.ts"
import { experimentsBySeq } from "./experiments.ts"
import { profilesBySeq, taskKey } from "./facts.ts"

/** Experiments, tasks and profiles by the words in their text, newest first. */
export async function searchFacts(
  database: Database,
  text: string,
  filter: SearchFilter,
  page: PageRequest,
): Promise<Page<SearchHit>> {
  const words = queryWords(text)
  if (words.length === 0) {
    throw new SporeError<StoreErrorCode>("bad_query", "a search needs a word", { next: "give letters or digits" })
  }
  const { db, dialect } = database
  const limit = pageLimit(page)
  const task = filter.task === undefined ? null : await taskKey(db, filter.task)
  const before = page.cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(decodeCursor(page.cursor, "integer")[0])
  const found = await dialect.search.find(db, { words, task, kind: filter.kind ?? null, before, limit: limit + 1 })
  const seqs = found.slice(0, limit)
  const last = seqs.at(-1)
  return {
    items: await hitsOf(database, seqs),
    nextCursor: found.length > limit && last !== undefined ? encodeCursor([last]) : null,
  }
}

async function hitsOf(database: Database, seqs: readonly number[]): Promise<SearchHit[]> {
  const experiments = new Map<number, ExperimentRow>()
  for (const row of await experimentsBySeq(database, seqs)) experiments.set(row.seq, row)
  const others = seqs.filter((seq) => !experiments.has(seq))
  const tasks = await database.db
    .selectFrom("tasks")
    .select(["seq", "id", "name", "description"])
    .where(database.dialect.isIn("seq", others))
    .where("standing", "=", 2)
    .execute()
  const profiles = await profilesBySeq(database, others)
  return seqs.flatMap((seq): SearchHit[] => {
    const experiment = experiments.get(seq)
    if (experiment !== undefined) return [{ kind: "experiment", experiment }]
    const task = tasks.find((row) => row.seq === seq)
    if (task !== undefined) return [{ kind: "task", id: task.id, name: task.name, description: task.description }]
    // An older profile of a key is found by its words, and shown no more.
    const profile = profiles.get(seq)
    return profile === undefined ? [] : [{ kind: "profile", profile }]
  })
}
