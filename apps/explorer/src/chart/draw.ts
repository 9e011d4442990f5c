import { VERDICTS } from "@spore/api/client"
import { drawLabels } from "./draw-labels.ts"
import type { Box } from "./labels.ts"
import { type Layer, MARK } from "./layers.ts"
import type { ChartLayout } from "./layout.ts"
import {
  crashedMark,
  discardedMark,
  disputedMark,
  frontierMark,
  keptMark,
  reproducedMark,
  withheldMark,
} from "./marks.ts"
import { isVerified } from "./model.ts"
import type { Palette } from "./palette.ts"
import { circle, crisp, line, type Pen, type Surface } from "./surface.ts"

/** Up to this many in sight are drawn one by one. */
const FEW = 600
/** Beyond this many, ticks for reruns would cover the points. */
const MANY_TICKS = 800
const LABEL_FONT = 12
/** Width of a shade in the band of crashes, in pixels. */
const BIN = 3
const VERIFIED = VERDICTS.map((verdict) => isVerified({ verdict }))

/** Draws the whole chart. */
export function drawChart(surface: Surface, layout: ChartLayout, palette: Palette): void {
  const { pen } = surface
  const { plot, options } = layout
  const shows = (layer: Layer): boolean => options.hidden?.has(layer) !== true
  pen.lineJoin = "round"
  pen.lineCap = "round"
  drawAxes(pen, layout, palette)
  surface.clip({ left: plot.left, right: plot.right + 6, top: 0, bottom: options.height }, () => {
    drawEdges(pen, layout, palette)
    drawPoints(surface, layout, palette)
    drawScoreless(pen, layout, palette)
    if (shows("lineage")) {
      pen.strokeStyle = palette.lineage
      pen.lineWidth = 1.75
      drawPath(pen, layout, layout.facts.lineage)
    }
    if (shows("best")) drawStaircase(pen, layout, palette)
    drawMarks(pen, layout, palette, shows)
  })
  drawLabels(pen, layout, palette)
}

/** Draws what is pointed at, above the chart: its lineage and a ring. */
export function drawHover(pen: Pen, layout: ChartLayout, palette: Palette, path: readonly number[]): void {
  const [index] = path
  if (index === undefined) return
  pen.setLineDash([4, 4])
  pen.strokeStyle = palette.text
  pen.lineWidth = 1.25
  drawPath(pen, layout, path)
  pen.setLineDash([])
  pen.lineWidth = 2
  const { x, y } = layout.place(index)
  circle(pen, x, y, 8)
  pen.stroke()
}

function drawAxes(
  pen: Pen,
  { plot, xTicks, yTicks, crashY, facts, betterIsDown, options }: ChartLayout,
  palette: Palette,
): void {
  pen.font = `${LABEL_FONT}px ${palette.font}`
  pen.fillStyle = palette.muted
  pen.strokeStyle = palette.grid
  pen.lineWidth = 1
  pen.textBaseline = "middle"
  pen.textAlign = "right"
  for (const { at, text } of yTicks) {
    line(pen, plot.left, crisp(at), plot.right, crisp(at))
    pen.fillText(text, plot.left - 10, at)
  }
  if (facts.mark.includes(MARK.crashed)) pen.fillText("crash", plot.left - 10, crashY)
  for (const { at, text } of xTicks) {
    // Within the plot, also where the tick is at its edge.
    const half = pen.measureText(text).width / 2
    const isAtEnd = at > plot.right - half
    pen.textAlign = isAtEnd ? "right" : at < plot.left + half - 8 ? "left" : "center"
    pen.fillText(text, isAtEnd ? plot.right : pen.textAlign === "left" ? plot.left : at, options.height - 12)
  }
  pen.textAlign = "left"
  // A hairline parts the crashes from the scale they have no place on.
  const lane = betterIsDown ? plot.top - 8 : plot.bottom + 8
  line(pen, plot.left, crisp(lane), plot.right, crisp(lane))
}

/** Who came from whom: of all kept ones in sight, or where they are many of the frontier alone. */
function drawEdges(pen: Pen, { facts, model, shown, isDense, place }: ChartLayout, palette: Palette): void {
  pen.strokeStyle = palette.edge
  pen.lineWidth = 1
  pen.beginPath()
  const edge = (child: number, parent: number): void => {
    const [from, to] = [place(parent), place(child)]
    pen.moveTo(from.x, from.y)
    pen.lineTo(to.x, to.y)
  }
  if (isDense) {
    for (let i = 0; i < facts.frontierEdges.length; i += 2) {
      edge(facts.frontierEdges[i] ?? 0, facts.frontierEdges[i + 1] ?? 0)
    }
  } else {
    for (const index of shown) {
      const parent = model.parent[index] ?? -1
      if (facts.mark[index] === MARK.kept && parent >= 0) edge(index, parent)
    }
  }
  pen.stroke()
}

/** Discards, and where they are many the kept ones too. */
function drawPoints(surface: Surface, layout: ChartLayout, palette: Palette): void {
  const { pen } = surface
  const { shown, isDense, x, y, plot } = layout
  const discarded = ofMark(layout, MARK.discarded)
  if (shown.length > FEW) {
    const box: Box = { left: plot.left - 2, right: plot.right + 6, top: plot.top - 6, bottom: plot.bottom + 6 }
    const kind = isDense ? "density" : "rings"
    surface.clouds(box, [
      { kind, colour: palette.discarded, radius: 2, x, y, indices: discarded },
      { kind: "discs", colour: palette.kept, radius: keptRadius(layout), x, y, indices: ofMark(layout, MARK.kept) },
    ])
    return
  }
  pen.globalAlpha = 0.9
  for (const index of discarded) discardedMark(pen, x[index] ?? 0, y[index] ?? 0, 3, palette)
  pen.globalAlpha = 1
}

function keptRadius({ shown, isDense }: ChartLayout): number {
  return isDense ? 1.6 : shown.length > FEW ? 2.75 : 4
}

function ofMark({ shownAs }: ChartLayout, mark: number): Int32Array {
  return shownAs[mark] ?? new Int32Array(0)
}

/** What has no score, on a line of its own: mark by mark, or where they would lie on each other as a band of shades. */
function drawScoreless(pen: Pen, layout: ChartLayout, palette: Palette): void {
  const { x, crashY, plot } = layout
  const crashed = ofMark(layout, MARK.crashed)
  const width = plot.right - plot.left
  if (crashed.length * 6 < width) {
    for (const index of crashed) crashedMark(pen, x[index] ?? 0, crashY, palette)
  } else {
    const bins = new Uint16Array(Math.ceil(width / BIN) + 8)
    for (const index of crashed) {
      const bin = Math.max(0, Math.floor(((x[index] ?? 0) - plot.left) / BIN))
      bins[bin] = (bins[bin] ?? 0) + 1
    }
    const most = bins.reduce((high, count) => Math.max(high, count), 1)
    pen.fillStyle = palette.crashed
    for (const [bin, count] of bins.entries()) {
      if (count === 0) continue
      pen.globalAlpha = 0.2 + (0.6 * count) / most
      pen.fillRect(plot.left + bin * BIN, crashY - 3, BIN, 6)
    }
    pen.globalAlpha = 1
  }
  let last = -Infinity
  for (const index of ofMark(layout, MARK.withheld)) {
    const at = x[index] ?? 0
    if (Math.abs(at - last) < 3) continue
    last = at
    withheldMark(pen, at, crashY, palette)
  }
}

function drawPath(pen: Pen, { place }: ChartLayout, path: readonly number[]): void {
  pen.beginPath()
  for (const [i, { x, y }] of path.map(place).entries()) {
    if (i === 0) pen.moveTo(x, y)
    else pen.lineTo(x, y)
  }
  pen.stroke()
}

function drawStaircase(pen: Pen, { facts, place, end }: ChartLayout, palette: Palette): void {
  const steps = facts.steps.map(place)
  const [first] = steps
  if (first === undefined) return
  pen.strokeStyle = palette.best
  pen.lineWidth = 2.25
  pen.beginPath()
  pen.moveTo(first.x, first.y)
  let level = first.y
  for (const { x, y } of steps) {
    pen.lineTo(x, level)
    level = y
    pen.lineTo(x, level)
  }
  // Up to the newest experiment, not to the edge: the search has come this far.
  pen.lineTo(end, level)
  pen.stroke()
}

function drawMarks(pen: Pen, layout: ChartLayout, palette: Palette, shows: (layer: Layer) => boolean): void {
  const { facts, model, shown, isDense, x, y, options } = layout
  const radius = keptRadius(layout)
  if (shown.length <= FEW && shows("kept")) {
    for (const index of ofMark(layout, MARK.kept)) keptMark(pen, x[index] ?? 0, y[index] ?? 0, radius, palette, true)
  }
  if (shows("disputed")) {
    // Of those that would lie on each other, one.
    const taken = new Set<number>()
    for (const index of ofMark(layout, MARK.disputed)) {
      const [atX, atY] = [x[index] ?? 0, y[index] ?? 0]
      const place = Math.round(atX / 3) * 10_000 + Math.round(atY / 3)
      if (!taken.has(place)) disputedMark(pen, atX, atY, palette)
      taken.add(place)
    }
  }
  if (shows("frontier")) {
    for (const index of facts.frontier) {
      const { x: atX, y: atY } = layout.place(index)
      if (atX < -10 || atX > options.width + 10) continue
      if (isDense) keptMark(pen, atX, atY, 2.5, palette, false)
      frontierMark(pen, atX, atY, Math.max(5, radius + 2.5), palette)
    }
  }
  if (!shows("reproduced") || shown.length > MANY_TICKS) return
  for (const index of shown) {
    const isTicked = VERIFIED[model.columns.verdict[index] ?? 0] === true && facts.mark[index] === MARK.kept
    if (isTicked) reproducedMark(pen, (x[index] ?? 0) + radius + 3, (y[index] ?? 0) - radius - 3, palette)
  }
}
