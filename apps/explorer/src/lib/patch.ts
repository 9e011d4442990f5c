import { diffWordsWithSpace } from "diff"

/** A stretch of a changed line; `changed` where it differs from its counterpart. */
export interface Span {
  readonly text: string
  readonly changed: boolean
}

export interface HunkLine {
  readonly kind: "hunk"
  readonly text: string
}

export interface CodeLine {
  readonly kind: "context" | "added" | "removed"
  /** Line number before; null for what was added. */
  readonly before: number | null
  readonly after: number | null
  readonly spans: readonly Span[]
}

export type DiffLine = HunkLine | CodeLine

/** A line beside its counterpart; null where there is none. */
export interface Pair {
  readonly kind: "pair"
  readonly before: CodeLine | null
  readonly after: CodeLine | null
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

/** The same side by side: what was removed beside what was added in its place. */
export function pairLines(lines: readonly DiffLine[]): (HunkLine | Pair)[] {
  const rows: (HunkLine | Pair)[] = []
  let removed: CodeLine[] = []
  let added: CodeLine[] = []
  const flush = (): void => {
    for (let i = 0; i < Math.max(removed.length, added.length); i++) {
      rows.push({ kind: "pair", before: removed[i] ?? null, after: added[i] ?? null })
    }
    removed = []
    added = []
  }
  for (const line of lines) {
    if (line.kind === "removed") {
      // What follows added lines has nothing to do with them.
      if (added.length > 0) flush()
      removed.push(line)
    } else if (line.kind === "added") added.push(line)
    else {
      flush()
      rows.push(line.kind === "hunk" ? line : { kind: "pair", before: line, after: line })
    }
  }
  flush()
  return rows
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
