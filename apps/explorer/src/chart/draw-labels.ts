import { clip, visibleText } from "../lib/text.ts"
import { type Box, type LabelCandidate, placeLabels } from "./labels.ts"
import { MARK } from "./layers.ts"
import { type ChartLayout, linesOf } from "./layout.ts"
import type { Palette } from "./palette.ts"
import { line, type Pen } from "./surface.ts"

const FONT = 12
const LONGEST = 30
/** Side of the cells in which marks are looked up, in pixels. */
const CELL = 4

/** Names the largest steps of the running best that are in sight. */
export function drawLabels(pen: Pen, layout: ChartLayout, palette: Palette): void {
  const { plot, betterIsDown, options } = layout
  if (options.hidden?.has("best") === true) return
  pen.font = `${FONT}px ${palette.font}`
  const candidates = candidatesOf(layout, (text) => pen.measureText(text).width)
  const room = { ...plot, left: plot.left + 4, bottom: plot.bottom + (betterIsDown ? 2 : 0) }
  const max = Math.max(2, Math.round(options.width / 140))
  const lines = linesOf(layout).filter(({ x1, x2 }) => Math.max(x1, x2) >= plot.left && Math.min(x1, x2) <= plot.right)
  const labels = placeLabels(candidates, lines, marksOf(layout), room, { max, betterIsDown })
  pen.textBaseline = "middle"
  pen.textAlign = "left"
  for (const { text, left, right, top, bottom, from } of labels) {
    const middle = (top + bottom) / 2
    if (from !== undefined) {
      pen.strokeStyle = palette.muted
      pen.lineWidth = 0.75
      line(pen, from.x, from.y, from.x < left ? left - 3 : right + 3, middle)
    }
    pen.lineWidth = 4
    pen.strokeStyle = palette.surface
    pen.fillStyle = palette.text
    pen.strokeText(text, left, middle)
    pen.fillText(text, left, middle)
  }
}

function candidatesOf(
  { facts: { steps }, model, plot, place }: ChartLayout,
  widthOf: (text: string) => number,
): LabelCandidate[] {
  return steps.flatMap((step, i): LabelCandidate[] => {
    const before = steps[i - 1]
    const title = model.titles.get(model.columns.seq[step] ?? 0)
    const { x, y } = place(step)
    if (before === undefined || title === undefined || title === "" || x < plot.left || x > plot.right) return []
    const text = clip(visibleText(title), LONGEST)
    return [{ text, width: widthOf(text), x, y, weight: Math.abs(place(before).y - y) }]
  })
}

/** Whether a box has a mark in it that a label must not cover. Discards may be: they are many, and a label has a halo. */
function marksOf({ shownAs, x, y, options }: ChartLayout): (box: Box) => boolean {
  const columns = Math.ceil(options.width / CELL) + 1
  const taken = new Uint8Array(columns * (Math.ceil(options.height / CELL) + 1))
  const cell = (at: number): number => Math.max(0, Math.floor(at / CELL))
  for (const mark of [MARK.kept, MARK.disputed]) {
    for (const index of shownAs[mark] ?? []) taken[cell(y[index] ?? 0) * columns + cell(x[index] ?? 0)] = 1
  }
  // A mark reaches six pixels beyond its middle.
  return ({ left, top, right, bottom }) => {
    for (let row = cell(top - 6); row <= cell(bottom + 6); row++) {
      const start = row * columns
      if (taken.subarray(start + cell(left - 6), start + Math.min(columns, cell(right + 6) + 1)).includes(1))
        return true
    }
    return false
  }
}
