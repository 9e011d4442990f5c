import type { Span } from "../../lib/patch.ts"

/** What a stretch of code is; the place in this list is its number. */
export const TOKEN_KINDS = ["plain", "comment", "string", "constant", "keyword", "function", "type"] as const

/** One line's stretches: length and kind, in turn. */
export type LineTokens = readonly number[]

/** A stretch of a line that is shown alike. */
export interface Piece {
  readonly text: string
  readonly changed: boolean
  readonly kind: number
}

/** Cuts the spans of a line where its tokens begin; what no token covers is plain. */
export function piecesOf(spans: readonly Span[], tokens: LineTokens | undefined): Piece[] {
  if (tokens === undefined) return spans.map((span) => ({ ...span, kind: 0 }))
  const pieces: Piece[] = []
  let at = 0
  let left = tokens[0] ?? Infinity
  for (const { text, changed } of spans) {
    let begin = 0
    while (begin < text.length) {
      const end = Math.min(text.length, begin + left)
      pieces.push({ text: text.slice(begin, end), changed, kind: tokens[at + 1] ?? 0 })
      left -= end - begin
      begin = end
      while (left === 0) {
        at += 2
        left = tokens[at] ?? Infinity
      }
    }
  }
  return pieces
}
