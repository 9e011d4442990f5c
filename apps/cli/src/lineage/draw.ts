import type { Colours } from "../context.ts"
import { shortId } from "../ids.ts"
import { formatMeasured, formatPercent, gain, type Goal } from "../output/format.ts"
import { plain } from "../output/plain.ts"
import { fit, pad, textWidth } from "../output/text-width.ts"
import { wordsOf } from "../output/verdict.ts"
import { type Branch, walk } from "./kept-tree.ts"

export interface DrawInit {
  readonly goal: Goal
  /** The least difference that counts, which tells how many digits do. */
  readonly minEffect: number
  /** Value of the baseline, which gains are counted from. */
  readonly baseline: number | null
  /** Columns of the terminal. */
  readonly width: number
  readonly colours: Colours
  /** Whether the terminal shows more than ASCII. */
  readonly unicode: boolean
}

interface Glyphs {
  readonly best: string
  readonly frontier: string
  readonly keep: string
  readonly discard: string
  readonly crash: string
  readonly other: string
  readonly fork: string
  readonly line: string
}

const UNICODE: Glyphs = {
  best: "★",
  frontier: "◉",
  keep: "●",
  discard: "○",
  crash: "×",
  other: "–",
  fork: "├─",
  line: "│ ",
}
const ASCII: Glyphs = {
  best: "#",
  frontier: "@",
  keep: "*",
  discard: "o",
  crash: "x",
  other: "-",
  fork: "|-",
  line: "| ",
}

/** Deeper than so many forks the drawing goes on without further indentation. */
const MAX_FORKS = 12
const GAP = 2

interface Line {
  readonly branch: Branch
  readonly stem: string
}

/**
 * The trees as lines of at most `width` columns: aligned values, then the tree with titles. What leads furthest goes
 * straight down, everything else forks to the right of it.
 */
export function drawTree(roots: readonly Branch[], init: DrawInit): string[] {
  const glyphs = init.unicode ? UNICODE : ASCII
  const lines = roots.flatMap((root) => linesOf(root, glyphs))
  const cells = lines.map(({ branch: { row } }) => [
    ascii(formatMeasured(row.value, row.error, init.minEffect), init),
    ascii(formatPercent(gain(row.value, init.baseline, init.goal)), init),
    ascii(wordsOf(row), init),
    shortId(row.id),
  ])
  const head = ["VALUE", "GAIN", "STATE", "ID"]
  const shown = columnsFor(init.width)
  const widths = head.map((title, i) => Math.max(...[title, ...cells.map((row) => row[i] ?? "")].map(textWidth)))
  const aligned = (texts: readonly string[]): string =>
    shown.map((i) => pad(texts[i] ?? "", widths[i] ?? 0, i < 2 ? "right" : "left") + " ".repeat(GAP)).join("")
  const room = init.width - textWidth(aligned(head))
  return [
    init.colours.dim(aligned(head).trimEnd()),
    ...lines.map((line, i) => aligned(cells[i] ?? []) + treeCell(line, glyphs, room, init)),
  ]
}

/** What the marks mean, those that occur. */
export function legend(roots: readonly Branch[], unicode: boolean): string {
  const glyphs = unicode ? UNICODE : ASCII
  const names: readonly [keyof Glyphs, string][] = [
    ["best", "best"],
    ["frontier", "frontier"],
    ["keep", "kept"],
    ["discard", "discarded"],
    ["crash", "crashed"],
    ["other", "not ranked"],
  ]
  const seen = new Set([...walk(roots)].map(markOf))
  const words = names.flatMap(([mark, name]) => (seen.has(mark) ? [`${glyphs[mark]} ${name}`] : []))
  return words.join("  ")
}

/** A branch and what came of it: forks first, so that the main line goes on below them in its own column. */
function linesOf(root: Branch, glyphs: Glyphs): Line[] {
  const lines: Line[] = []
  const stack: { branch: Branch; stem: string; rails: string; forks: number }[] = [
    { branch: root, stem: "", rails: "", forks: 0 },
  ]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { branch, stem, rails, forks } = next
    lines.push({ branch, stem })
    const [main, ...others] = branch.children
    if (main === undefined) continue
    stack.push({ branch: main, stem: rails, rails, forks })
    const isDeep = forks >= MAX_FORKS
    for (const branchOff of others.toReversed()) {
      stack.push({
        branch: branchOff,
        stem: rails + glyphs.fork,
        rails: isDeep ? rails : rails + glyphs.line,
        forks: forks + 1,
      })
    }
  }
  return lines
}

function columnsFor(width: number): number[] {
  if (width >= 72) return [0, 1, 2, 3]
  return width >= 52 ? [0, 1, 3] : [0, 3]
}

function treeCell({ branch, stem }: Line, glyphs: Glyphs, room: number, { colours, unicode }: DrawInit): string {
  const mark = markOf(branch)
  const ellipsis = unicode ? "…" : "..."
  const counts = [
    ...(branch.hidden > 0 ? [`${ellipsis} ${branch.hidden} more`] : []),
    ...(branch.tried.discarded > 0 ? [`${branch.tried.discarded} discarded`] : []),
    ...(branch.tried.crashed > 0 ? [`${branch.tried.crashed} crashed`] : []),
    ...(branch.tried.other > 0 ? [`${branch.tried.other} not ranked`] : []),
  ].join(", ")
  const title = plain(branch.row.title)
  const suffix = counts === "" ? "" : `  ${counts}`
  // On a narrow terminal the title gives way, then the counts.
  const space = Math.max(0, room - textWidth(stem) - 2)
  const left = space - textWidth(suffix)
  const shownSuffix = left >= Math.min(8, textWidth(title)) ? suffix : ""
  const shownTitle = fitText(title, space - textWidth(shownSuffix), unicode)
  const paint = branch.isOnBestLine ? (text: string) => colours.bold(text) : (text: string) => text
  const text = `${colours.dim(stem)}${colourOf(mark, colours)(glyphs[mark])} ${paint(shownTitle)}${colours.dim(shownSuffix)}`
  return textWidth(stem) + 1 > room ? fitText(stem + glyphs[mark], Math.max(0, room), unicode) : text
}

/** Text in at most `width` columns; where the terminal shows ASCII alone, with a question mark for everything else. */
export function fitText(text: string, width: number, unicode: boolean): string {
  if (unicode) return fit(text, width)
  const shown = text.replaceAll(/[^\u0020-\u007e]/gu, "?")
  return shown.length <= width ? shown : `${shown.slice(0, Math.max(0, width - 3))}...`.slice(0, Math.max(0, width))
}

function markOf({ row, isOnBestLine, children }: Branch): keyof Glyphs {
  if (row.status === "crash") return "crash"
  if (row.status === "discard") return "discard"
  if (row.status !== "keep") return "other"
  if (isOnBestLine && !children.some((child) => child.isOnBestLine)) return "best"
  return row.frontier ? "frontier" : "keep"
}

function colourOf(mark: keyof Glyphs, colours: Colours): (text: string) => string {
  if (mark === "best" || mark === "frontier" || mark === "keep") return colours.green
  return mark === "crash" ? colours.red : colours.dim
}

/** Signs of our own words in ASCII. */
function ascii(text: string, { unicode }: DrawInit): string {
  return unicode ? text : text.replaceAll("−", "-").replaceAll("–", "-").replaceAll("±", "+-")
}
