import { type Kysely, type RawBuilder, type SqlBool, sql, type Transaction } from "kysely"
import type { Dialect } from "./dialect.ts"
import { insertRows } from "./insert-rows.ts"
import type { Tables } from "./schema.ts"
import { MAX_WORD, wordsOf } from "../words.ts"
import { type SearchIndex, type SearchQuery, type SearchText, withinQuery } from "./search-index.ts"

/** SQLite: text compares bytewise as it is, writers are locked out by `begin immediate` (node-sqlite.ts). */
export const sqliteDialect: Dialect = {
  name: "sqlite",
  types: { text: "text", integer: "integer", real: sql`real`, bytes: "blob" },
  search: ftsIndex(),
  isIn: (column, values): RawBuilder<SqlBool> =>
    sql<SqlBool>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(values)}))`,
  transaction,
  lockWriters: () => Promise.resolve(),
}

/** Writers of a process go one after the other on its one connection; the next durable commit syncs those before it. */
async function transaction<T>(
  db: Kysely<Tables>,
  isDurable: boolean,
  work: (tx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  if (isDurable) return db.transaction().execute(work)
  await sql`pragma synchronous = normal`.execute(db)
  try {
    return await db.transaction().execute(work)
  } finally {
    await sql`pragma synchronous = full`.execute(db)
  }
}

/**
 * FTS5 without a copy of the text and without positions: words are looked up, phrases are not. To the `ascii` tokenizer
 * all beyond ASCII belongs to words, so that it cuts where `wordsOf` does and a word never becomes a phrase.
 */
function ftsIndex(): SearchIndex {
  return {
    create: async (db) => {
      await sql`create virtual table search using fts5(
        words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
      )`.execute(db)
    },
    add: (db, entries) => insertRows(db, sqliteDialect, "search", ["rowid", "words"], entries.map(rowOf)),
    remove: async (db, seqs) => {
      await sql`delete from search where ${sqliteDialect.isIn("rowid", seqs)}`.execute(db)
    },
    clear: async (db) => {
      await sql`delete from search`.execute(db)
    },
    find: findWords,
  }
}

function rowOf({ seq, text }: SearchText): unknown[] {
  // In plain ASCII the tokenizer finds the very words of `wordsOf`, at a fraction of its cost.
  return [seq, PLAIN.test(text) ? text : wordsOf(text).join(" ")]
}

// oxlint-disable-next-line no-control-regex -- all of ASCII but NUL
const PLAIN = /^[\u0001-\u007f]*$/

async function findWords(db: Kysely<Tables>, query: SearchQuery): Promise<number[]> {
  const { words, before, limit } = query
  // A word as long as words are cut to may go on in the index.
  const isBeginning = (word: string, i: number): boolean => i === words.length - 1 || word.length === MAX_WORD
  const match = words.map((word, i) => (isBeginning(word, i) ? `"${word}"*` : `"${word}"`)).join(" ")
  const within = withinQuery(query, sql.ref("search.rowid"))
  const { rows } = await sql<{ seq: number }>`
    select rowid as seq from search where search match ${match} and rowid < ${before} ${within}
    order by rowid desc limit ${limit}`.execute(db)
  return rows.map(({ seq }) => seq)
}
