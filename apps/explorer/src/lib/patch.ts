import { diffWordsWithSpace } from "diff"

/** A stretch of a changed line; `changed` where it differs from its counterpart. */
export interface Span {
  readonly text: string
  readonly changed: boolean
}

export type DiffLine =
  | { readonly kind: "hunk"; readonly text: string }
  | {
      readonly kind: "context" | "added" | "removed"
      /** Line number before; null for what was added. */
      readonly before: number | null
      readonly after: number | null
      readonly spans: readonly Span[]
    }

const HUNK = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/
/** Comparing words costs their square; longer lines are shown as changed altogether. */
const MAX_WORD_DIFF = 600

/** Reads unified hunks into lines with their numbers, and marks the words that differ between replaced lines. */
export function parsePatch(patch: string): DiffLine[] {
  const lines: DiffLine[] = []
  let before = 0
  let after = 0
  let removed: string[] = []
  let added: string[] = []

  const flush = (): void => {
    const pairs = removed.length === added.length ? removed.map((text, i) => wordSpans(text, added[i] ?? "")) : []
    for (const [i, text] of removed.entries()) {
      const spans = pairs[i]?.[0] ?? [{ text, changed: false }]
      lines.push({ kind: "removed", before: before++, after: null, spans })
    }
    for (const [i, text] of added.entries()) {
      const spans = pairs[i]?.[1] ?? [{ text, changed: false }]
      lines.push({ kind: "added", before: null, after: after++, spans })
    }
    removed = []
    added = []
  }

  for (const line of patch.replace(/\n$/, "").split("\n")) {
    const text = line.slice(1)
    if (line.startsWith("-")) removed.push(text)
    else if (line.startsWith("+")) added.push(text)
    else {
      flush()
      const hunk = HUNK.exec(line)
      if (hunk !== null) {
        before = Number(hunk[1])
        after = Number(hunk[2])
        lines.push({ kind: "hunk", text: line })
      } else if (line.startsWith(" ")) {
        lines.push({ kind: "context", before: before++, after: after++, spans: [{ text, changed: false }] })
      }
    }
  }
  flush()
  return lines
}

function wordSpans(before: string, after: string): [Span[], Span[]] {
  if (before.length > MAX_WORD_DIFF || after.length > MAX_WORD_DIFF) {
    return [[{ text: before, changed: false }], [{ text: after, changed: false }]]
  }
  const parts = diffWordsWithSpace(before, after)
  const spansOf = (without: "added" | "removed"): Span[] =>
    parts.filter((part) => !part[without]).map((part) => ({ text: part.value, changed: part.added || part.removed }))
  return [spansOf("added"), spansOf("removed")]
}
