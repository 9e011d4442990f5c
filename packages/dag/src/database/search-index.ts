import type { Kysely } from "kysely"
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
  /** Only what is older than this sequence number. */
  readonly before: number
  readonly limit: number
}

/** Words of a query; more of them narrow nothing that matters. */
const MAX_WORDS = 16
/** UTF-16 units of a word. A lexeme longer than 2,046 bytes is an error in PostgreSQL; nobody looks for one. */
export const MAX_WORD = 500

/**
 * The words of a text: runs of letters, digits and marks of any script, without case and diacritics. Both databases are
 * given words cut here, not by tokenizers of their own, so that they find alike.
 */
export function wordsOf(text: string): string[] {
  const folded = text
    .toLowerCase()
    .normalize("NFKD")
    .replaceAll(/[\u0300-\u036f]/g, "")
    .replaceAll("ς", "σ")
  return (folded.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []).map((word) => word.slice(0, MAX_WORD))
}

/** The words of what somebody typed. */
export function queryWords(text: string): string[] {
  return wordsOf(text).slice(0, MAX_WORDS)
}
