import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely"
import type { Dialect } from "./dialect.ts"
import { insertRows } from "./insert-rows.ts"
import type { Tables } from "./schema.ts"
import { type SearchIndex, type SearchQuery, withinQuery } from "./search-index.ts"
import { wordsOf } from "../words.ts"

/** Any number does, as long as every writer of this schema takes the same. */
const WRITER_LOCK = 0x73706f

/** PostgreSQL, with text by code point whatever the database's locale. */
export const postgresDialect: Dialect = {
  name: "postgres",
  types: { text: sql`text collate "C"`, integer: "bigint", real: "double precision", bytes: "bytea" },
  search: vectorIndex(),
  isIn: (column, values): RawBuilder<SqlBool> => sql<SqlBool>`${sql.ref(column)} = any(${values})`,
  transaction: (db, isDurable, work) =>
    db.transaction().execute(async (tx) => {
      if (!isDurable) await sql`set local synchronous_commit = off`.execute(tx)
      return work(tx)
    }),
  lockWriters: async (tx) => {
    await sql`select pg_advisory_xact_lock(${WRITER_LOCK}, hashtext(current_schema()))`.execute(tx)
  },
}

function vectorIndex(): SearchIndex {
  return {
    create: async (db) => {
      await sql`create table search (seq bigint primary key, words tsvector not null)`.execute(db)
      await sql`create index search_words on search using gin (words)`.execute(db)
    },
    add: async (db, entries) => {
      const rows = entries.map(({ seq, text }) => [seq, [...new Set(wordsOf(text))].map(quoted).join(" ")])
      await insertRows(db, postgresDialect, "search", ["seq", "words"], rows)
    },
    remove: async (db, seqs) => {
      await sql`delete from search where ${postgresDialect.isIn("seq", seqs)}`.execute(db)
    },
    clear: async (db) => {
      await sql`truncate search`.execute(db)
    },
    find: findWords,
  }
}

/** A word holds letters, digits and marks alone: nothing in it needs to be escaped. */
function quoted(word: string): string {
  return `'${word}'`
}

async function findWords(db: Kysely<Tables>, query: SearchQuery): Promise<number[]> {
  const { words, before, limit } = query
  const lexemes = words.map((word, i) => (i === words.length - 1 ? `${quoted(word)}:*` : quoted(word))).join(" & ")
  const within = withinQuery(query, sql.ref("search.seq"))
  const { rows } = await sql<{ seq: number }>`
    select seq from search where words @@ ${lexemes}::tsquery and seq < ${before} ${within}
    order by seq desc limit ${limit}`.execute(db)
  return rows.map(({ seq }) => seq)
}
