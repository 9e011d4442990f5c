import type { Metric } from "@spore/api/client"
import { decimalsOf } from "../lib/format.ts"
import { valueDomain } from "./domain.ts"
import type { Box, Line } from "./labels.ts"
import { bestSteps, type GraphModel, lineageOf, type Point } from "./model.ts"
import { linearScale, logScale, logTicks, niceTicks, type Scale, steadyMax, tickDecimals, timeTicks } from "./scales.ts"

export type XAxis = "number" | "time"
export type YAxis = "value" | "gap"

export interface ChartOptions {
  readonly width: number
  readonly height: number
  readonly metric: Metric
  readonly xAxis: XAxis
  readonly yAxis: YAxis
}

export interface Tick {
  readonly at: number
  readonly text: string
}

/** A point in pixels; `beyond` where its value lies outside the range drawn. */
export interface Spot {
  readonly point: Point
  readonly x: number
  readonly y: number
  readonly beyond: boolean
}

/** Everything a chart is drawn from, in pixels. */
export interface ChartLayout {
  readonly options: ChartOptions
  readonly plot: Box
  /** Height of the line that crashes are marked on. */
  readonly crashY: number
  readonly betterIsDown: boolean
  readonly xTicks: readonly Tick[]
  readonly yTicks: readonly Tick[]
  readonly spots: readonly Spot[]
  readonly spotOf: ReadonlyMap<number, Spot>
  readonly steps: readonly Spot[]
  /** From the best up to its root. */
  readonly lineage: readonly Spot[]
  readonly beyond: number
}

const CRASH_LANE = 26
const BOTTOM = 30
const TOP = 14

export function layoutChart(model: GraphModel, options: ChartOptions): ChartLayout {
  const { width, height, metric, xAxis, yAxis } = options
  const { points } = model
  const steps = bestSteps(model, metric.goal)
  const betterIsDown = metric.goal === "minimize" || yAxis === "gap"
  const top = TOP + (betterIsDown ? CRASH_LANE : 0)
  const bottom = height - BOTTOM - (betterIsDown ? 0 : CRASH_LANE)
  const best = steps.at(-1)?.value ?? null
  const y = yAxis === "gap" ? gapScale(points, best, [bottom, top]) : valueScale(points, metric, [bottom, top])
  const yTicks = yTicksOf(y, yAxis, metric, bottom - top)
  const left = Math.max(48, 14 + 7.2 * Math.max(0, ...yTicks.map(({ text }) => text.length)))
  const plot = { left, right: width - 16, top, bottom }
  const x = xScale(points, xAxis, [plot.left + 8, plot.right - 4])
  const crashY = betterIsDown ? TOP + 6 : height - BOTTOM - 10

  const spots = points.map((point) => {
    const { at, beyond } = place(point, y, yAxis, best, plot)
    return { point, x: x.toPixel(xAxis === "time" ? point.created : point.number), y: at ?? crashY, beyond }
  })
  const spotOf = new Map(spots.map((spot) => [spot.point.seq, spot]))
  const spotsOf = (chosen: readonly Point[]): Spot[] => chosen.flatMap(({ seq }) => spotOf.get(seq) ?? [])
  return {
    options,
    plot,
    crashY,
    betterIsDown,
    xTicks: xTicksOf(x, xAxis, plot.right - plot.left),
    yTicks,
    spots,
    spotOf,
    steps: spotsOf(steps),
    lineage: spotsOf(lineageOf(model, steps.at(-1))),
    beyond: spots.filter((spot) => spot.beyond).length,
  }
}

/** Lines of the staircase and of the best's lineage: what labels keep clear of. */
export function linesOf({ steps, lineage, plot }: ChartLayout): Line[] {
  const lines: Line[] = []
  for (const [i, { x, y }] of steps.entries()) {
    const next = steps[i + 1]
    lines.push({ x1: x, y1: y, x2: next?.x ?? plot.right, y2: y })
    if (next !== undefined) lines.push({ x1: next.x, y1: y, x2: next.x, y2: next.y })
  }
  for (const [i, { x, y }] of lineage.entries()) {
    const parent = lineage[i + 1]
    if (parent !== undefined) lines.push({ x1: x, y1: y, x2: parent.x, y2: parent.y })
  }
  return lines
}

/** The spot nearest to a position, within `reach` pixels. */
export function nearestSpot(layout: ChartLayout, x: number, y: number, reach: number): Spot | undefined {
  let nearest: Spot | undefined
  let least = reach * reach
  for (const spot of layout.spots) {
    const distance = (spot.x - x) ** 2 + (spot.y - y) ** 2
    if (distance <= least) {
      least = distance
      nearest = spot
    }
  }
  return nearest
}

function place(
  { value }: Point,
  y: Scale,
  yAxis: YAxis,
  best: number | null,
  plot: Box,
): { at: number | null; beyond: boolean } {
  if (value === null) return { at: null, beyond: false }
  const shown = yAxis === "gap" && best !== null ? Math.max(y.domain[0], Math.abs(value - best)) : value
  const at = y.toPixel(shown)
  const beyond = at < plot.top - 0.5 || at > plot.bottom + 0.5
  return { at: Math.min(plot.bottom, Math.max(plot.top, at)), beyond }
}

function valueScale(points: readonly Point[], metric: Metric, range: [number, number]): Scale {
  return linearScale(valueDomain(points, metric.goal, metric.min_effect * 8), range)
}

/** Distance to the best on a logarithmic scale, three decades at most. */
function gapScale(points: readonly Point[], best: number | null, range: [number, number]): Scale {
  const gaps = points.flatMap(({ value }) => (value === null || best === null ? [] : Math.abs(value - best)))
  const high = Math.max(
    1e-9,
    ...gaps.slice(0, 1),
    ...gaps
      .filter((gap) => gap > 0)
      .toSorted((a, b) => a - b)
      .slice(-1),
  )
  const least = gaps.filter((gap) => gap > 0).reduce((low, gap) => Math.min(low, gap), high)
  return logScale([Math.max(least / 1.5, high / 1000), high * 1.15], range)
}

function xScale(points: readonly Point[], xAxis: XAxis, range: [number, number]): Scale {
  if (xAxis === "number") return linearScale([1, steadyMax(points.length)], range)
  const times = points.map(({ created }) => created)
  const first = times.reduce((low, time) => Math.min(low, time), times[0] ?? 0)
  const last = times.reduce((high, time) => Math.max(high, time), first)
  return linearScale([first, Math.max(last, first + 60)], range)
}

function xTicksOf(x: Scale, xAxis: XAxis, width: number): Tick[] {
  if (xAxis === "number") {
    const ticks = niceTicks([1, x.domain[1]], Math.max(2, width / 110)).filter(Number.isInteger)
    const first = x.toPixel(1)
    const others = ticks.filter((tick) => x.toPixel(tick) - first > 40)
    return [1, ...others].map((tick) => ({ at: x.toPixel(tick), text: tick.toLocaleString("en") }))
  }
  const span = x.domain[1] - x.domain[0]
  const offset = -60 * new Date(x.domain[0] * 1000).getTimezoneOffset()
  const ticks = timeTicks(x.domain, Math.max(2, width / 130), offset)
  return ticks.map((tick) => ({ at: x.toPixel(tick), text: timeText(tick + offset, span) }))
}

/** A time that was shifted to the local clock. */
function timeText(time: number, span: number): string {
  const iso = new Date(time * 1000).toISOString()
  if (span < 600) return iso.slice(11, 19)
  if (span < 2 * 86_400) return iso.slice(11, 16)
  return iso.slice(0, 10)
}

function yTicksOf(y: Scale, yAxis: YAxis, metric: Metric, height: number): Tick[] {
  if (yAxis === "gap") {
    return logTicks(y.domain).map((tick) => ({ at: y.toPixel(tick), text: String(tick) }))
  }
  const ticks = niceTicks(y.domain, Math.max(2, height / 64))
  const decimals = Math.min(tickDecimals(ticks), Math.max(2, decimalsOf(metric, ticks[0])))
  return ticks.map((tick) => ({ at: y.toPixel(tick), text: tick.toFixed(decimals).replace("-", "\u2212") }))
}
