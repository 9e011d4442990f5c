/** A stretch of text, and whether it is what was searched for. */
export interface Stretch {
  readonly text: string
  readonly isFound: boolean
}

const WORD = /[\p{L}\p{N}\p{M}]+/gu

/**
 * A text with the words of a search told apart, as the node finds them: whole words without case and diacritics, the
 * last one as a beginning.
 */
export function markWords(text: string, query: string): Stretch[] {
  const wanted = (query.match(WORD) ?? []).map(fold)
  const last = wanted.at(-1)
  if (last === undefined) return [{ text, isFound: false }]
  const parts: Stretch[] = []
  const add = (part: string, isFound: boolean): void => {
    if (part !== "") parts.push({ text: part, isFound })
  }
  let end = 0
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const folded = fold(word)
    if (!wanted.includes(folded) && !folded.startsWith(last)) continue
    // Of a beginning only so much is marked, where folding left the letters in their places.
    const isWhole = wanted.includes(folded) || folded.length !== word.length
    const length = isWhole ? word.length : last.length
    add(text.slice(end, index), false)
    add(text.slice(index, index + length), true)
    end = index + length
  }
  add(text.slice(end), false)
  return parts
}

function fold(word: string): string {
  return word
    .toLowerCase()
    .normalize("NFKD")
    .replaceAll(/[\u0300-\u036f]/g, "")
    .replaceAll("ς", "σ")
}
