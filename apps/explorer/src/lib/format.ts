import type { Metric } from "@spore/api/client"

const MINUS = "\u2212"
const counts = new Intl.NumberFormat("en")

/** Decimals that show a difference of the metric's least effect, and one more. */
export function decimalsOf(metric: Pick<Metric, "min_effect">, value = 1): number {
  if (metric.min_effect > 0) return clamp(Math.ceil(-Math.log10(metric.min_effect)) + 1, 0, 8)
  const magnitude = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)))
  return clamp(4 - magnitude, 0, 8)
}

/** A value of the metric with the digits that matter; a dash where there is none. */
export function formatValue(value: number | null | undefined, metric: Pick<Metric, "min_effect">): string {
  if (value === null || value === undefined) return "–"
  return withMinus(value.toFixed(decimalsOf(metric, value)))
}

/** A difference with its sign. */
export function formatDelta(delta: number, metric: Pick<Metric, "min_effect">): string {
  const text = delta.toFixed(decimalsOf(metric, delta))
  if (Number(text) === 0) return "±0"
  return delta > 0 ? `+${text}` : withMinus(text)
}

/** A share with its sign: `−14.6 %`. */
export function formatPercent(share: number): string {
  const percent = share * 100
  const text = percent.toFixed(Math.abs(percent) >= 10 ? 1 : 2)
  if (Number(text) === 0) return "±0 %"
  return `${percent > 0 ? "+" : ""}${withMinus(text)} %`
}

export function formatCount(count: number): string {
  return counts.format(count)
}

/** `3 reruns`, `1 rerun`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${pluralNoun(count, noun)}`
}

/** The noun alone. */
export function pluralNoun(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}

/** A duration in the two units that matter. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return joinUnits(minutes, "min", Math.round(seconds % 60), "s")
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return joinUnits(hours, "h", minutes % 60, "min")
  return joinUnits(Math.floor(hours / 24), "d", hours % 24, "h")
}

/** How long ago a time in Unix seconds was. */
export function formatAgo(time: number, now: number): string {
  const seconds = now - time
  if (seconds < 5) return "just now"
  if (seconds < 60) return `${Math.floor(seconds)} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  if (seconds < 60 * 86_400) return `${Math.floor(seconds / 86_400)} d ago`
  return formatDate(time)
}

export function formatDate(time: number): string {
  return new Date(time * 1000).toISOString().slice(0, 10)
}

/** Local date and time. */
export function formatTime(time: number): string {
  return new Date(time * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" })
}

/** `delta` of a value to a base, and whether it is an improvement. */
export function gainOver(
  base: number | null | undefined,
  value: number | null | undefined,
  goal: Metric["goal"],
): { delta: number; share: number | null; isBetter: boolean } | null {
  if (base === null || base === undefined || value === null || value === undefined) return null
  const delta = value - base
  return {
    delta,
    share: base === 0 ? null : delta / Math.abs(base),
    isBetter: goal === "minimize" ? delta < 0 : delta > 0,
  }
}

function joinUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}

/** With the minus sign of print. */
export function withMinus(text: string): string {
  return text.startsWith("-") ? MINUS + text.slice(1) : text
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}
