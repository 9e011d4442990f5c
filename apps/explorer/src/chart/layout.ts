import type { Metric } from "@spore/api/client"
import { axisTicks, gapTicks, type Tick, valueTicks } from "./axes.ts"
import { gapDomain, valueDomain } from "./domain.ts"
import type { Box, Line } from "./labels.ts"
import { type Facts, type Layer, LAYER_OF_MARK, MARK } from "./layers.ts"
import { type GraphModel, mayLeadAt } from "./model.ts"
import { fit, type Range } from "./range.ts"
import { linearScale, logScale, type Scale, steadyMax } from "./scales.ts"

export type XAxis = "number" | "time"
export type YAxis = "value" | "gap"

export interface ChartOptions {
  readonly width: number
  readonly height: number
  readonly metric: Metric
  readonly xAxis: XAxis
  readonly yAxis: YAxis
  /** The stretch of the horizontal axis that is looked at; all of it where left out. */
  readonly range?: Range | undefined
  readonly hidden?: ReadonlySet<Layer> | undefined
}

export interface Place {
  readonly x: number
  readonly y: number
}

/** Everything a chart is drawn from, in pixels. */
export interface ChartLayout {
  readonly options: ChartOptions
  readonly model: GraphModel
  readonly facts: Facts
  readonly plot: Box
  /** Height of the line that crashes are marked on. */
  readonly crashY: number
  readonly betterIsDown: boolean
  readonly range: Range
  readonly xTicks: readonly Tick[]
  readonly yTicks: readonly Tick[]
  /** Positions, by index, of what is in sight; of all others, `place` tells. */
  readonly x: Float32Array
  readonly y: Float32Array
  /** Indices of what is in sight, ascending. */
  readonly shown: Int32Array
  /** The same by mark: `shownAs[MARK.kept]`. */
  readonly shownAs: readonly Int32Array[]
  /** Whether too many are in sight to tell discards apart. */
  readonly isDense: boolean
  /** Horizontal place of the newest experiment. */
  readonly end: number
  /** How many in sight lie outside the range of values drawn; they are at its edge. */
  readonly beyond: number
  /** Where an experiment is, in sight or not. */
  place(index: number): Place
  /** Where on the horizontal axis a pixel lies. */
  valueAt(x: number): number
}

/** Beyond this many points in sight, discards are drawn as a density and edges only for what leads. */
const MANY = 5000
const CRASH_LANE = 26
const BOTTOM = 30
const TOP = 14
/** Scores that are enough to say where the bulk lies. */
const SAMPLE = 4000
const NOT_HIDDEN: ReadonlySet<Layer> = new Set()
/** Experiments, or seconds, that are looked at at least. */
const LEAST = { number: 8, time: 60 } as const

export function leastSpan(xAxis: XAxis): number {
  return LEAST[xAxis]
}

/** Everything there is on the horizontal axis. */
export function wholeRange({ columns, count }: GraphModel, xAxis: XAxis): Range {
  if (xAxis === "number") return [1, steadyMax(count)]
  let first = columns.created[0] ?? 0
  let last = first
  for (const time of columns.created) {
    first = Math.min(first, time)
    last = Math.max(last, time)
  }
  return [first, Math.max(last, first + LEAST.time)]
}

export function layoutChart(model: GraphModel, facts: Facts, options: ChartOptions): ChartLayout {
  const { width, height, metric, xAxis, yAxis, hidden = NOT_HIDDEN } = options
  const { columns, count } = model
  const whole = wholeRange(model, xAxis)
  const range = options.range === undefined ? whole : fit(options.range, whole, LEAST[xAxis])
  const betterIsDown = metric.goal === "minimize" || yAxis === "gap"
  const top = TOP + (betterIsDown ? CRASH_LANE : 0)
  const bottom = height - BOTTOM - (betterIsDown ? 0 : CRASH_LANE)
  const crashY = betterIsDown ? TOP + 6 : height - BOTTOM - 10

  const shown = inSight(model, facts, xAxis, range, hidden)
  const best = columns.value[facts.steps.at(-1) ?? -1]
  const sign = metric.goal === "minimize" ? 1 : -1
  const isGap = yAxis === "gap" && best !== undefined
  const scale = isGap
    ? gapScale(model, facts, shown, best, sign, metric, [bottom, top])
    : valueScale(model, facts, shown, xAxis, range, metric, [bottom, top])
  const yTicks = isGap ? gapTicks(scale) : valueTicks(scale, metric, bottom - top)
  // In steps, so that the plot keeps its place while the values change.
  const left = Math.max(48, 16 * Math.ceil((14 + 7.2 * Math.max(0, ...yTicks.map(({ text }) => text.length))) / 16))
  const plot = { left, right: width - 16, top, bottom }
  const across = linearScale(range, [plot.left + 8, plot.right - 4])

  const xOf = (i: number): number => across.toPixel(xAxis === "time" ? (columns.created[i] ?? 0) : i + 1)
  const yOf = (i: number): number => {
    const value = columns.value[i] ?? NaN
    const placed = isGap ? Math.max(scale.domain[0], sign * (value - best)) : value
    return Number.isNaN(value) ? crashY : Math.min(bottom, Math.max(top, scale.toPixel(placed)))
  }
  const x = new Float32Array(count)
  const y = new Float32Array(count)
  for (let k = 0; k < shown.length; k++) {
    const i = shown[k] ?? 0
    x[i] = xOf(i)
    y[i] = yOf(i)
  }
  return {
    options,
    model,
    facts,
    plot,
    crashY,
    betterIsDown,
    range,
    xTicks: axisTicks(across, xAxis, plot),
    yTicks,
    x,
    y,
    shown,
    shownAs: byMark(shown, facts.mark),
    isDense: shown.length > MANY,
    end: count === 0 ? plot.left : across.toPixel(xAxis === "time" ? whole[1] : count),
    beyond: countBeyond(columns.value, shown, scale, isGap ? { best, sign } : undefined),
    place: (index) => ({ x: xOf(index), y: yOf(index) }),
    valueAt: (pixel) =>
      range[0] + ((pixel - across.toPixel(range[0])) * (range[1] - range[0])) / (plot.right - 4 - (plot.left + 8)),
  }
}

/** Lines of the staircase and of the best's lineage, as far as they are shown: what labels keep clear of. */
export function linesOf({ facts, place, end, options: { hidden = NOT_HIDDEN } }: ChartLayout): Line[] {
  const lines: Line[] = []
  const steps = hidden.has("best") ? [] : facts.steps.map(place)
  for (const [i, { x, y }] of steps.entries()) {
    const next = steps[i + 1]
    lines.push({ x1: x, y1: y, x2: next?.x ?? end, y2: y })
    if (next !== undefined) lines.push({ x1: next.x, y1: y, x2: next.x, y2: next.y })
  }
  const lineage = hidden.has("lineage") ? [] : facts.lineage.map(place)
  for (const [i, { x, y }] of lineage.entries()) {
    const parent = lineage[i + 1]
    if (parent !== undefined) lines.push({ x1: x, y1: y, x2: parent.x, y2: parent.y })
  }
  return lines
}

/** Indices of experiments in the stretch, without those whose layer is hidden. */
function inSight(
  { columns, count }: GraphModel,
  { mark, frontier }: Facts,
  xAxis: XAxis,
  [from, to]: Range,
  hidden: ReadonlySet<Layer>,
): Int32Array {
  const isHidden = LAYER_OF_MARK.map((layer) => hidden.has(layer))
  const ringed = new Set(hidden.has("frontier") ? [] : frontier)
  const [first, last] =
    xAxis === "number" ? [Math.max(0, Math.ceil(from) - 1), Math.min(count, Math.floor(to))] : [0, count]
  const indices = new Int32Array(Math.max(0, last - first))
  let length = 0
  for (let i = first; i < last; i++) {
    const time = columns.created[i] ?? 0
    if (xAxis === "time" && (time < from || time > to)) continue
    if (isHidden[mark[i] ?? 0] === true && !ringed.has(i)) continue
    indices[length++] = i
  }
  return indices.subarray(0, length)
}

function byMark(shown: Int32Array, mark: Uint8Array): Int32Array[] {
  const all = LAYER_OF_MARK.map(() => new Int32Array(shown.length))
  const lengths = LAYER_OF_MARK.map(() => 0)
  for (let k = 0; k < shown.length; k++) {
    const i = shown[k] ?? 0
    const kind = mark[i] ?? 0
    const at = lengths[kind] ?? 0
    const indices = all[kind]
    if (indices !== undefined) indices[at] = i
    lengths[kind] = at + 1
  }
  return all.map((indices, kind) => indices.subarray(0, lengths[kind]))
}

function valueScale(
  model: GraphModel,
  { steps, mark }: Facts,
  shown: Int32Array,
  xAxis: XAxis,
  [from]: Range,
  metric: Metric,
  pixels: [number, number],
): Scale {
  const { value, created } = model.columns
  const every = strideOf(shown)
  const all = new Float64Array(shown.length)
  const leading = new Float64Array(shown.length)
  let known = 0
  let leaders = 0
  for (let k = 0; k < shown.length; k++) {
    const i = shown[k] ?? 0
    const here = value[i] ?? NaN
    const leads = mayLeadAt(model, i)
    if (leads) leading[leaders++] = here
    // What reruns disagree with is drawn where it claims to be, or at the edge, but the rest keeps its scale.
    if (i % every === 0 && (leads || mark[i] === MARK.discarded)) all[known++] = here
  }
  if (known === 0) for (const i of shown) if (!Number.isNaN(value[i])) all[known++] = value[i] ?? 0
  const before = steps.findLast((i) => (xAxis === "time" ? (created[i] ?? 0) : i + 1) <= from) ?? steps[0]
  const seen = {
    values: all.subarray(0, known),
    leaders: leading.subarray(0, leaders),
    entry: before === undefined ? undefined : value[before],
  }
  return linearScale(valueDomain(seen, metric.goal, metric.min_effect * 4), pixels)
}

function gapScale(
  model: GraphModel,
  { mark }: Facts,
  shown: Int32Array,
  best: number,
  sign: number,
  metric: Metric,
  pixels: [number, number],
): Scale {
  const every = strideOf(shown)
  const gaps = new Float64Array(shown.length)
  let length = 0
  for (let k = 0; k < shown.length; k++) {
    const i = shown[k] ?? 0
    if (i % every !== 0 && mark[i] !== MARK.kept) continue
    const gap = sign * ((model.columns.value[i] ?? NaN) - best)
    if (gap > 0 && mark[i] !== MARK.disputed) gaps[length++] = gap
  }
  const least = Math.max(metric.min_effect, Math.abs(best) * 1e-3, 1e-9)
  return logScale(gapDomain(gaps.subarray(0, length), least), pixels)
}

/** One in how many tells where the bulk lies; the same ones wherever the stretch begins, so that the scale keeps still. */
function strideOf(shown: Int32Array): number {
  return Math.max(1, Math.floor(shown.length / SAMPLE))
}

function countBeyond(
  value: Float64Array,
  shown: Int32Array,
  { domain: [low, high] }: Scale,
  gap: { best: number; sign: number } | undefined,
): number {
  let beyond = 0
  for (let k = 0; k < shown.length; k++) {
    const here = value[shown[k] ?? 0] ?? NaN
    // What lies at the best is at the foot of a scale of gaps, which is not out of its range.
    const placed = gap === undefined ? here : gap.sign * (here - gap.best)
    if (placed > high || (placed < low && (gap === undefined || placed < 0))) beyond++
  }
  return beyond
}
