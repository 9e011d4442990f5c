import { decimalsOf as decimals, formatDelta as delta, formatValue as value, type Metric } from "@spore/api/client"

export { formatPercent } from "@spore/api/client"

/** Any date is within so many days of 1970, less one for the time zone. */
const LAST_MS = (100_000_000 - 1) * 86_400_000
/** Made once, when a day is first named: making one takes some ten milliseconds. */
let dayNames: Intl.DateTimeFormat | undefined

type Digits = Pick<Metric, "min_effect">

/** Decimals that show a difference of the metric's least effect, and one more. */
export function decimalsOf({ min_effect }: Digits, of?: number): number {
  return decimals(min_effect, of)
}

/** A value of the metric with the digits that matter; a dash where there is none. */
export function formatValue(of: number | null | undefined, { min_effect }: Digits): string {
  return value(of, min_effect)
}

/** A difference with its sign. */
export function formatDelta(of: number, { min_effect }: Digits): string {
  return delta(of, min_effect)
}

/** A whole number, in groups of three digits. */
export function formatCount(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",")
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
  return isoTime(time).slice(0, 10)
}

/** A time in Unix seconds as an attribute of HTML wants it. */
export function isoTime(time: number): string {
  return new Date(instantOf(time)).toISOString()
}

/** Milliseconds, as far as a date goes: what a record of the 0.6 network says of its time is any number. */
function instantOf(time: number): number {
  return Math.min(LAST_MS, Math.max(-LAST_MS, time * 1000))
}

/** Hours and minutes, local, with the day where it is not today. */
export function formatTimeOfDay(time: number): string {
  const date = new Date(instantOf(time))
  const isToday = date.toDateString() === new Date().toDateString()
  return isToday ? formatClock(time) : `${localDate(date)} ${formatClock(time)}`
}

/** Hours and minutes, local. */
export function formatClock(time: number): string {
  const date = new Date(instantOf(time))
  return `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`
}

/** The local day of a time: `Today`, `Yesterday`, `Friday 27 November 2026`. */
export function formatDay(time: number, now: number): string {
  const day = startOfDay(time)
  const days = Math.round((startOfDay(now) - day) / 86_400_000)
  if (days === 0) return "Today"
  if (days === 1) return "Yesterday"
  dayNames ??= new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" })
  return dayNames.format(day)
}

function startOfDay(time: number): number {
  return new Date(instantOf(time)).setHours(0, 0, 0, 0)
}

/** Local date and time: `2026-11-28 18:30:05`. */
export function formatTime(time: number): string {
  const date = new Date(instantOf(time))
  return `${localDate(date)} ${formatClock(time)}:${twoDigits(date.getSeconds())}`
}

function localDate(date: Date): string {
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0")
}

/**
 * A value beside what it is compared with: `delta` in the metric's unit, `share` as a fraction of the base and positive
 * where it is better; null where the base is 0.
 */
export function gainOver(
  base: number | null | undefined,
  of: number | null | undefined,
  goal: Metric["goal"],
): { delta: number; share: number | null; isBetter: boolean } | null {
  if (base === null || base === undefined || of === null || of === undefined) return null
  const change = of - base
  const gain = goal === "minimize" ? -change : change
  return { delta: change, share: base === 0 ? null : gain / Math.abs(base), isBetter: gain > 0 }
}

function joinUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}
