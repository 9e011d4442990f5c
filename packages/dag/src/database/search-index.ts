import { type Kysely, type RawBuilder, sql } from "kysely"
import type { SearchHit } from "../store.ts"
import type { Tables } from "./schema.ts"

/** Text to find a fact by. */
export interface SearchText {
  readonly seq: number
  readonly text: string
}

/** Full-text search over facts, by sequence number. */
export interface SearchIndex {
  create(db: Kysely<unknown>): Promise<void>
  add(db: Kysely<Tables>, entries: readonly SearchText[]): Promise<void>
  remove(db: Kysely<Tables>, seqs: readonly number[]): Promise<void>
  clear(db: Kysely<Tables>): Promise<void>
  /**
   * Sequence numbers, newest first, of facts in which every one of `words` occurs, the last one as the beginning of a
   * word; of experiments of `task` (its key) alone where that is given.
   */
  find(db: Kysely<Tables>, query: SearchQuery): Promise<number[]>
}

export interface SearchQuery {
  readonly words: readonly string[]
  readonly task: number | null
  readonly kind: SearchHit["kind"] | null
  /** Only what is older than this sequence number. */
  readonly before: number
  readonly limit: number
}

/** Where the sequence numbers of what is found are. */
const TABLES: Record<SearchHit["kind"], keyof Tables> = {
  experiment: "experiments",
  task: "tasks",
  profile: "profiles",
}

/** The condition that a query keeps to a task or a kind by; `seq` is the index's column. */
export function withinQuery({ task, kind }: SearchQuery, seq: RawBuilder<unknown>): RawBuilder<unknown> {
  const ofTask =
    task === null ? sql`` : sql`and exists (select 1 from experiments e where e.seq = ${seq} and e.task = ${task})`
  if (kind === null) return ofTask
  return sql`${ofTask} and exists (select 1 from ${sql.table(TABLES[kind])} k where k.seq = ${seq})`
}
