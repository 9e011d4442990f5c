/**
 * How texts are cut into words for searching, the same in both databases and in static copies.
 *
 * @packageDocumentation
 */

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
