import { clip, visibleText } from "../lib/text.ts"
import { type Box, type LabelCandidate, placeLabels } from "./labels.ts"
import { type ChartLayout, linesOf, type Spot } from "./layout.ts"
import { isDisputed, isVerified } from "./model.ts"
import type { Palette } from "./palette.ts"

/** Beyond this many points, discards are drawn as a density and edges only for what leads. */
const MANY = 5000
/** Beyond this many, ticks for reruns would cover the points. */
export const MANY_TICKS = 800
const LABEL_FONT = 12

/** Draws the whole chart. */
export function drawChart(
  ctx: CanvasRenderingContext2D,
  layout: ChartLayout,
  palette: Palette,
  titles: ReadonlyMap<number, string>,
): void {
  const { width, height } = layout.options
  ctx.clearRect(0, 0, width, height)
  ctx.lineJoin = "round"
  ctx.lineCap = "round"
  const isDense = layout.spots.length > MANY
  drawAxes(ctx, layout, palette)
  if (!isDense) drawEdges(ctx, layout, palette)
  drawDiscards(ctx, layout, palette, isDense)
  drawScoreless(ctx, layout, palette)
  drawLineage(ctx, layout.lineage, palette.lineage, 1.75)
  drawStaircase(ctx, layout, palette)
  drawKept(ctx, layout, palette, isDense)
  drawLabels(ctx, layout, palette, titles)
}

/** Draws what is pointed at, above the chart: its lineage and a ring. */
export function drawHover(
  ctx: CanvasRenderingContext2D,
  layout: ChartLayout,
  palette: Palette,
  path: readonly Spot[],
): void {
  ctx.clearRect(0, 0, layout.options.width, layout.options.height)
  const [spot] = path
  if (spot === undefined) return
  ctx.setLineDash([4, 4])
  drawLineage(ctx, path, palette.text, 1.25)
  ctx.setLineDash([])
  ctx.strokeStyle = palette.text
  ctx.lineWidth = 2
  circle(ctx, spot.x, spot.y, 8)
  ctx.stroke()
}

function drawAxes(
  ctx: CanvasRenderingContext2D,
  { plot, xTicks, yTicks, crashY, spots, betterIsDown, options }: ChartLayout,
  palette: Palette,
): void {
  ctx.font = `${LABEL_FONT}px ${palette.font}`
  ctx.fillStyle = palette.muted
  ctx.strokeStyle = palette.grid
  ctx.lineWidth = 1
  ctx.textBaseline = "middle"
  ctx.textAlign = "right"
  for (const { at, text } of yTicks) {
    line(ctx, plot.left, crisp(at), plot.right, crisp(at))
    ctx.fillText(text, plot.left - 10, at)
  }
  if (spots.some(({ point }) => point.status === "crash")) ctx.fillText("crash", plot.left - 10, crashY)
  const bottom = options.height - 12
  for (const { at, text } of xTicks) {
    ctx.textAlign = at > plot.right - 24 ? "right" : "center"
    ctx.fillText(text, ctx.textAlign === "right" ? plot.right : at, bottom)
  }
  ctx.textAlign = "left"
  // A hairline parts the crashes from the scale they have no place on.
  const lane = betterIsDown ? plot.top - 8 : plot.bottom + 8
  ctx.globalAlpha = 0.6
  line(ctx, plot.left, crisp(lane), plot.right, crisp(lane))
  ctx.globalAlpha = 1
}

function drawEdges(ctx: CanvasRenderingContext2D, { spots, spotOf }: ChartLayout, palette: Palette): void {
  ctx.strokeStyle = palette.edge
  ctx.lineWidth = 1
  ctx.beginPath()
  for (const { point, x, y } of spots) {
    const parent = spotOf.get(point.parent)
    if (point.status !== "keep" || parent === undefined) continue
    ctx.moveTo(parent.x, parent.y)
    ctx.lineTo(x, y)
  }
  ctx.stroke()
}

function drawDiscards(ctx: CanvasRenderingContext2D, { spots }: ChartLayout, palette: Palette, isDense: boolean): void {
  ctx.strokeStyle = palette.discarded
  ctx.fillStyle = palette.discarded
  ctx.lineWidth = 1.25
  ctx.globalAlpha = isDense ? 0.35 : 0.9
  const radius = spots.length > 800 ? 2.25 : 3
  for (const { point, x, y, beyond } of spots) {
    if (point.value === null || (point.status === "keep" && !isDisputed(point))) continue
    if (isDisputed(point)) drawDiamond(ctx, x, y, palette)
    else if (isDense) ctx.fillRect(x - 0.75, y - 0.75, 1.5, 1.5)
    else {
      circle(ctx, x, y, beyond ? radius * 0.7 : radius)
      ctx.stroke()
    }
  }
  ctx.globalAlpha = 1
}

function drawDiamond(ctx: CanvasRenderingContext2D, x: number, y: number, palette: Palette): void {
  const { globalAlpha, strokeStyle, lineWidth } = ctx
  ctx.globalAlpha = 1
  ctx.strokeStyle = palette.disputed
  ctx.lineWidth = 1.75
  ctx.beginPath()
  ctx.moveTo(x, y - 5)
  ctx.lineTo(x + 5, y)
  ctx.lineTo(x, y + 5)
  ctx.lineTo(x - 5, y)
  ctx.closePath()
  ctx.stroke()
  Object.assign(ctx, { globalAlpha, strokeStyle, lineWidth })
}

/** What has no score: crosses for what crashed, dashes for what is withheld. */
function drawScoreless(ctx: CanvasRenderingContext2D, { spots }: ChartLayout, palette: Palette): void {
  ctx.strokeStyle = palette.crashed
  ctx.lineWidth = 1.25
  ctx.globalAlpha = spots.length > 800 ? 0.7 : 1
  ctx.beginPath()
  for (const { point, x, y } of spots) {
    if (point.value !== null || point.status === "withheld") continue
    ctx.moveTo(x - 3, y - 3)
    ctx.lineTo(x + 3, y + 3)
    ctx.moveTo(x + 3, y - 3)
    ctx.lineTo(x - 3, y + 3)
  }
  ctx.stroke()
  ctx.globalAlpha = 1
  ctx.strokeStyle = palette.discarded
  ctx.beginPath()
  for (const { point, x, y } of spots) {
    if (point.status !== "withheld") continue
    ctx.moveTo(x - 3, y)
    ctx.lineTo(x + 3, y)
  }
  ctx.stroke()
}

function drawLineage(ctx: CanvasRenderingContext2D, path: readonly Spot[], colour: string, width: number): void {
  ctx.strokeStyle = colour
  ctx.lineWidth = width
  ctx.beginPath()
  for (const [i, { x, y }] of path.entries()) {
    if (i === 0) ctx.moveTo(x, y)
    else ctx.lineTo(x, y)
  }
  ctx.stroke()
}

function drawStaircase(ctx: CanvasRenderingContext2D, { steps, spots }: ChartLayout, palette: Palette): void {
  const [first] = steps
  if (first === undefined) return
  ctx.strokeStyle = palette.best
  ctx.lineWidth = 2.25
  ctx.beginPath()
  ctx.moveTo(first.x, first.y)
  for (const [i, { x, y }] of steps.entries()) {
    ctx.lineTo(x, steps[i - 1]?.y ?? y)
    ctx.lineTo(x, y)
  }
  // Up to the newest experiment, not to the edge: the search has come this far.
  const end = spots.reduce((most, { x }) => Math.max(most, x), first.x)
  ctx.lineTo(end, steps.at(-1)?.y ?? first.y)
  ctx.stroke()
}

function drawKept(ctx: CanvasRenderingContext2D, { spots }: ChartLayout, palette: Palette, isDense: boolean): void {
  const radius = isDense ? 1.75 : spots.length > 800 ? 3 : 4
  for (const { point, x, y } of spots) {
    if (point.value === null || point.status !== "keep" || isDisputed(point)) continue
    ctx.fillStyle = palette.kept
    if (!isDense) {
      ctx.strokeStyle = palette.surface
      ctx.lineWidth = 1
    }
    circle(ctx, x, y, radius)
    ctx.fill()
    if (!isDense) ctx.stroke()
  }
  for (const { point, x, y } of spots) {
    if (point.frontier) {
      ctx.strokeStyle = palette.text
      ctx.lineWidth = 1.5
      circle(ctx, x, y, radius + 2.5)
      ctx.stroke()
    }
    if (isVerified(point) && !isDense && spots.length <= MANY_TICKS)
      drawTick(ctx, x + radius + 3, y - radius - 3, palette)
  }
}

function drawTick(ctx: CanvasRenderingContext2D, x: number, y: number, palette: Palette): void {
  for (const [colour, width] of [
    [palette.surface, 4],
    [palette.best, 1.75],
  ] as const) {
    ctx.strokeStyle = colour
    ctx.lineWidth = width
    ctx.beginPath()
    ctx.moveTo(x - 3, y)
    ctx.lineTo(x - 1, y + 2.5)
    ctx.lineTo(x + 3, y - 2.5)
    ctx.stroke()
  }
}

function drawLabels(
  ctx: CanvasRenderingContext2D,
  layout: ChartLayout,
  palette: Palette,
  titles: ReadonlyMap<number, string>,
): void {
  const { steps, plot, betterIsDown, options } = layout
  ctx.font = `${LABEL_FONT}px ${palette.font}`
  const candidates = steps.flatMap((spot, i): LabelCandidate[] => {
    const before = steps[i - 1]
    const title = titles.get(spot.point.seq)
    if (before === undefined || title === undefined || title === "") return []
    const text = clip(visibleText(title), 30)
    return [{ text, width: ctx.measureText(text).width, x: spot.x, y: spot.y, weight: Math.abs(before.y - spot.y) }]
  })
  const room = { ...plot, left: plot.left + 4, bottom: plot.bottom + (betterIsDown ? 2 : 0) }
  const max = Math.max(2, Math.round(options.width / 140))
  // Discards may be covered: they are many, and a label has a halo.
  const marks = layout.spots.length > MANY ? [] : layout.spots.filter(isMark).map(({ x, y }) => boxAround(x, y, 6))
  const labels = placeLabels(candidates, linesOf(layout), marks, room, { max, betterIsDown })
  ctx.textBaseline = "middle"
  ctx.textAlign = "left"
  ctx.lineWidth = 4
  ctx.strokeStyle = palette.surface
  ctx.fillStyle = palette.text
  for (const { text, left, top, bottom } of labels) {
    ctx.strokeText(text, left, (top + bottom) / 2)
    ctx.fillText(text, left, (top + bottom) / 2)
  }
}

function isMark({ point }: Spot): boolean {
  return point.status === "keep" || isDisputed(point)
}

function boxAround(x: number, y: number, reach: number): Box {
  return { left: x - reach, right: x + reach, top: y - reach, bottom: y + reach }
}

function circle(ctx: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  ctx.beginPath()
  ctx.arc(x, y, radius, 0, 2 * Math.PI)
}

function line(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath()
  ctx.moveTo(x1, y1)
  ctx.lineTo(x2, y2)
  ctx.stroke()
}

/** The middle of a pixel, where a line of one pixel is sharp. */
function crisp(at: number): number {
  return Math.round(at) + 0.5
}
