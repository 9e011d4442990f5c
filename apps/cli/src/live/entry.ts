import type { ControlRow, RerunRow } from "@spore/dag"
import type { Colours } from "../context.ts"
import { shortId, shortNode } from "../ids.ts"
import { formatPercent, formatValue, gain } from "../output/format.ts"
import { plain } from "../output/plain.ts"
import { pad } from "../output/text-width.ts"
import { MARKS, rerunWord, resultWord } from "../run/entry-text.ts"
import type { SeenExperiment } from "../run/run-event.ts"

/** A line of the list of results. */
export type Entry =
  | { readonly type: "experiment"; readonly experiment: SeenExperiment }
  | { readonly type: "rerun"; readonly rerun: RerunRow; readonly experiment: SeenExperiment; readonly own: boolean }
  | { readonly type: "control"; readonly control: ControlRow; readonly experiment: SeenExperiment }
  | { readonly type: "text"; readonly text: string }

type Paint = (text: string) => string

/** The cells of a line before they are laid out. */
interface Cells {
  readonly mark: string
  readonly word: string
  readonly id: string
  readonly title: string
  readonly value: string
  /** Over the baseline. */
  readonly gain: string
  /** Over the nearest kept ancestor. */
  readonly onParent: string
  readonly reruns: string
  /** Colour of mark and word. */
  readonly paint: Paint
}

const WIDTH = { word: 9, id: 8, value: 8, change: 8, reruns: 9 } as const
const GAP = 2
const LEAST_TITLE = 4
/** From these widths on there is room for the reruns, and for the gains over baseline and parent. */
const ROOM = { reruns: 60, gain: 70, onParent: 100 } as const

/** One line of at most `columns` columns; its parts stand below those of other lines. */
export function renderEntry(entry: Entry, columns: number, colours: Colours): string {
  if (entry.type === "text") return pad(`+ ${plain(entry.text)}`, columns).trimEnd()
  return layOut(cellsOf(entry, colours), columns, colours)
}

/** The heading of the list. */
export function renderHeading(metric: string, columns: number, colours: Colours): string {
  const cells = {
    mark: "",
    word: "result",
    id: "id",
    title: "title",
    value: pad(plain(metric), WIDTH.value, "right"),
    gain: "gain",
    onParent: "parent",
    reruns: "verified",
    paint: (text: string) => text,
  }
  return colours.dim(layOut(cells, columns, { ...colours, dim: (text) => String(text) }))
}

function layOut(line: Cells, columns: number, { dim }: Colours): string {
  const { mark, word, id, title, value, gain: total, onParent, reruns, paint } = line
  const right: { width: number; text: string }[] = [{ width: WIDTH.value, text: pad(value, WIDTH.value, "right") }]
  if (columns >= ROOM.gain) right.push({ width: WIDTH.change, text: dim(pad(total, WIDTH.change, "right")) })
  if (columns >= ROOM.onParent) right.push({ width: WIDTH.change, text: dim(pad(onParent, WIDTH.change, "right")) })
  if (columns >= ROOM.reruns) right.push({ width: WIDTH.reruns, text: pad(reruns, WIDTH.reruns) })
  const rightWidth = right.reduce((sum, { width }) => sum + GAP + width, 0)
  const leftWidth = 1 + 1 + WIDTH.word + 1 + WIDTH.id + GAP
  const left = `${paint(pad(mark, 1))} ${paint(pad(word, WIDTH.word))} ${dim(pad(id, WIDTH.id))}`
  const cells = [
    left,
    pad(title, Math.max(LEAST_TITLE, columns - leftWidth - rightWidth)),
    ...right.map(({ text }) => text),
  ]
  return cells.join(" ".repeat(GAP)).trimEnd()
}

function cellsOf(entry: Exclude<Entry, { type: "text" }>, colours: Colours): Cells {
  const { row, baseline, parentValue, goal, own } = entry.experiment
  const blank = { value: "", gain: "", onParent: "", id: shortId(row.id) }
  if (entry.type === "experiment") {
    const by = own ? "" : `${shortNode(row.author)}: `
    return {
      ...blank,
      mark: MARKS[row.status],
      word: resultWord(row),
      title: by + plain(row.title),
      value: row.value === null ? "" : formatValue(row.value),
      gain: row.parent === null ? "" : percentOrBlank(gain(row.value, baseline, goal)),
      onParent: row.parent === null ? "" : percentOrBlank(gain(row.value, parentValue, goal)),
      reruns: rerunWord(row),
      paint: paintOf(row.status, colours),
    }
  }
  if (entry.type === "rerun") {
    const { rerun } = entry
    const by = entry.own ? "" : `by ${shortNode(rerun.author)}: `
    const isGood = row.verdict === "reproduced" || row.verdict === "upheld"
    return {
      ...blank,
      mark: isGood ? "✓" : "?",
      word: rerun.outcome === "ok" ? "rerun" : rerun.outcome,
      title: by + plain(row.title),
      value: rerun.value === null ? "" : formatValue(rerun.value),
      reruns: rerunWord(row),
      paint: isGood ? colours.green : colours.yellow,
    }
  }
  const { control } = entry
  return {
    ...blank,
    mark: "◆",
    word: control.kind,
    title: `by ${shortNode(control.author)}${control.outcome === null ? "" : `, ${control.outcome}`}: ${plain(row.title)}`,
    reruns: row.verdict,
    paint: colours.yellow,
  }
}

function percentOrBlank(fraction: number | null): string {
  return fraction === null ? "" : formatPercent(fraction)
}

function paintOf(status: SeenExperiment["row"]["status"], { green, red, dim }: Colours): Paint {
  if (status === "keep") return green
  return status === "crash" ? red : dim
}
