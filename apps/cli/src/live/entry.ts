import type { ControlRow, RerunRow } from "@spore/dag"
import type { Colours } from "../context.ts"
import { shortId, shortNode } from "../ids.ts"
import { formatMeasured, formatPercent, gain } from "../output/format.ts"
import { plain } from "../output/plain.ts"
import { pad, textWidth } from "../output/text-width.ts"
import { wordsOf } from "../output/verdict.ts"
import { isBelowLeastGain, MARKS, resultWord } from "../run/entry-text.ts"
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
  /** What reruns say. */
  readonly state: string
  /** Colour of mark and word. */
  readonly paint: Paint
}

const WIDTH = { word: 9, id: 8, value: 8, measured: 15, change: 8, onParent: 9, state: 16 } as const
const GAP = 2
const LEAST_TITLE = 4
/** From these widths on there is room for what reruns say, for the gains over baseline and parent, and for errors. */
const ROOM = { state: 60, gain: 70, onParent: 100, error: 112 } as const

/** Where the parts of all lines of a list stand. */
export interface Layout {
  /** Most columns of a line. */
  readonly columns: number
  readonly metric: string
  readonly valueWidth: number
}

/** @param metric heads the values, so they get its width as far as there is room */
export function layoutOf(columns: number, metric: string): Layout {
  const least = columns >= ROOM.error ? WIDTH.measured : WIDTH.value
  const most = columns >= ROOM.onParent ? WIDTH.measured : WIDTH.value + GAP
  return { columns, metric, valueWidth: Math.max(least, Math.min(most, textWidth(plain(metric)))) }
}

/** One line; its parts stand below those of other lines. */
export function renderEntry(entry: Entry, layout: Layout, colours: Colours): string {
  if (entry.type === "text") return pad(`+ ${plain(entry.text)}`, layout.columns).trimEnd()
  return layOut(cellsOf(entry, layout, colours), layout, colours)
}

/** The heading of the list. */
export function renderHeading(layout: Layout, colours: Colours): string {
  const cells = {
    mark: "",
    word: "result",
    id: "id",
    title: "title",
    value: plain(layout.metric),
    gain: "gain",
    onParent: "on parent",
    state: "state",
    paint: (text: string) => text,
  }
  return colours.dim(layOut(cells, layout, { ...colours, dim: (text) => String(text) }))
}

function layOut(line: Cells, { columns, valueWidth }: Layout, { dim }: Colours): string {
  const { mark, word, id, title, value, gain: total, onParent, state, paint } = line
  const right: { width: number; text: string }[] = [{ width: valueWidth, text: pad(value, valueWidth, "right") }]
  if (columns >= ROOM.gain) right.push({ width: WIDTH.change, text: dim(pad(total, WIDTH.change, "right")) })
  if (columns >= ROOM.onParent) right.push({ width: WIDTH.onParent, text: dim(pad(onParent, WIDTH.onParent, "right")) })
  if (columns >= ROOM.state) right.push({ width: WIDTH.state, text: pad(state, WIDTH.state) })
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

function cellsOf(entry: Exclude<Entry, { type: "text" }>, layout: Layout, colours: Colours): Cells {
  const { row, taskName, baseline, parentValue, goal, minEffect, own } = entry.experiment
  const blank = { value: "", gain: "", onParent: "", id: shortId(row.id) }
  if (entry.type === "experiment") {
    return {
      ...blank,
      mark: MARKS[row.status],
      word: resultWord(row),
      title: signed(plain(row.title), own ? null : row.author),
      value: valueCell(row.value, layout.columns >= ROOM.error ? row.error : null, minEffect),
      gain: row.parent === null ? "" : percentOrBlank(gain(row.value, baseline, goal)),
      onParent: row.parent === null ? "" : percentOrBlank(gain(row.value, parentValue, goal)),
      state: stateCell(entry.experiment),
      paint: paintOf(row.status, colours),
    }
  }
  if (entry.type === "rerun") {
    const { rerun } = entry
    const isGood = row.verdict === "reproduced" || row.verdict === "upheld"
    return {
      ...blank,
      mark: isGood ? "✓" : "?",
      word: rerun.outcome === "ok" ? "rerun" : rerun.outcome,
      title: signed(`${plain(taskName)}: ${plain(row.title)}`, entry.own ? null : rerun.author),
      value: valueCell(rerun.value, null, minEffect),
      state: wordsOf(row),
      paint: isGood ? colours.green : colours.yellow,
    }
  }
  const { control } = entry
  const remark = control.outcome === null ? "" : `says ${control.outcome}: `
  return {
    ...blank,
    mark: "◆",
    word: control.kind,
    title: signed(`${remark}${plain(taskName)}: ${plain(row.title)}`, control.author),
    state: wordsOf(row),
    paint: colours.yellow,
  }
}

/** What something is about, then who did it: the first is what is left where there is little room. */
function signed(title: string, author: string | null): string {
  return author === null ? title : `${title} (${shortNode(author)})`
}

function valueCell(value: number | null, error: number | null, minEffect: number): string {
  return value === null ? "" : formatMeasured(value, error, minEffect)
}

/** A claim that nobody reran says why it was discarded in spite of its gain; one without a score says nothing. */
function stateCell(experiment: SeenExperiment): string {
  const { row } = experiment
  if (row.voters === 0 && isBelowLeastGain(experiment)) return "below least gain"
  return row.claim === null ? "" : wordsOf(row)
}

function percentOrBlank(fraction: number | null): string {
  return fraction === null ? "" : formatPercent(fraction)
}

function paintOf(status: SeenExperiment["row"]["status"], { green, red, dim }: Colours): Paint {
  if (status === "keep") return green
  return status === "crash" ? red : dim
}
