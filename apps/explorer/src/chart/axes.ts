import type { Metric } from "@spore/api/client"
import { decimalsOf } from "../lib/format.ts"
import type { Box } from "./labels.ts"
import { logTicks, niceTicks, type Scale, tickDecimals, timeTicks } from "./scales.ts"

export interface Tick {
  readonly at: number
  readonly text: string
}

/** Ticks of the horizontal axis. */
export function axisTicks(scale: Scale, axis: "number" | "time", plot: Box): Tick[] {
  return axis === "number" ? numberTicks(scale, plot.right - plot.left) : clockTicks(scale, plot.right - plot.left)
}

export function valueTicks(scale: Scale, metric: Metric, height: number): Tick[] {
  const ticks = niceTicks(scale.domain, Math.max(2, height / 64))
  const step = tickDecimals(ticks)
  const decimals = Math.min(step, Math.max(2, step, decimalsOf(metric, ticks[0])))
  return ticks.map((tick) => ({ at: scale.toPixel(tick), text: tick.toFixed(decimals).replace("-", "\u2212") }))
}

/** Distances to the best; the foot of the scale is the best itself. */
export function gapTicks(scale: Scale): Tick[] {
  const foot = scale.toPixel(scale.domain[0])
  const ticks = logTicks(scale.domain).map((tick) => ({ at: scale.toPixel(tick), text: gapText(tick) }))
  return [{ at: foot, text: "best" }, ...ticks.filter(({ at }) => Math.abs(at - foot) > 18)]
}

function gapText(gap: number): string {
  return gap >= 1e-5 && gap < 1e6 ? String(gap) : gap.toExponential(0).replace("e-", "e\u2212").replace("e+", "e")
}

function numberTicks(scale: Scale, width: number): Tick[] {
  const [from, to] = scale.domain
  const ticks = niceTicks([from, to], Math.max(2, width / 110)).filter(Number.isInteger)
  // The first experiment is the baseline: it has its number wherever it is in sight.
  const kept = from > 1 ? ticks : [1, ...ticks.filter((tick) => scale.toPixel(tick) - scale.toPixel(1) > 40)]
  return kept.map((tick) => ({ at: scale.toPixel(tick), text: tick.toLocaleString("en") }))
}

function clockTicks(scale: Scale, width: number): Tick[] {
  const [from, to] = scale.domain
  const offset = -60 * new Date(from * 1000).getTimezoneOffset()
  const ticks = timeTicks(scale.domain, Math.max(2, width / 130), offset)
  return ticks.map((tick, i) => {
    const before = ticks[i - 1]
    return { at: scale.toPixel(tick), text: timeText(tick + offset, to - from, before && before + offset) }
  })
}

/** A time that was shifted to the local clock; the date where a day begins or none was told yet. */
function timeText(time: number, span: number, before: number | undefined): string {
  const iso = isoOf(time)
  if (span >= 4 * 86_400) return iso.slice(0, 10)
  if (before === undefined || isoOf(before).slice(0, 10) !== iso.slice(0, 10))
    return `${iso.slice(5, 10)} ${iso.slice(11, 16)}`
  return span < 600 ? iso.slice(11, 19) : iso.slice(11, 16)
}

function isoOf(time: number): string {
  const date = new Date(time * 1000)
  return Number.isNaN(date.getTime()) ? "" : date.toISOString()
}
