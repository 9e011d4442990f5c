import { homedir } from "node:os"
import { formatPercent as percentWords, withError } from "@spore/api/views"

export { formatMeasured, formatValue } from "@spore/api/views"

export type Goal = "minimize" | "maximize"

/** A standard error by two digits, `± 0.0009`. */
export function formatError(error: number | null): string {
  return error === null || error === 0 ? "" : withError(0, error).replace(/^[^±]*/, "")
}

/** The change from `reference` to `value` as a fraction of the reference; null where either is missing or it is 0. */
export function relativeChange(value: number | null, reference: number | null): number | null {
  return value === null || reference === null || reference === 0 ? null : (value - reference) / Math.abs(reference)
}

/** How much better `value` is than `reference`, as a fraction of it; negative where it is worse. */
export function gain(value: number | null, reference: number | null, goal: Goal): number | null {
  const change = relativeChange(value, reference)
  if (change === null) return null
  return goal === "minimize" && change !== 0 ? -change : change
}

/** A signed percentage, `−1.23 %`; a dash where there is none. */
export function formatPercent(fraction: number | null): string {
  return fraction === null ? "–" : percentWords(fraction)
}

/** A duration by its two largest units. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes} min ${whole % 60} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** How long ago something was, by the largest unit. */
export function formatAgo(seconds: number): string {
  return formatDuration(seconds).split(" ", 2).join(" ")
}

/** Bytes in binary units. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"]
  let size = bytes
  let unit = 0
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024
    unit++
  }
  return `${size >= 10 || unit === 0 ? size.toFixed(0) : size.toFixed(1)} ${units[unit]}`
}

/** Unix seconds as `2026-01-31 12:30:00Z`. */
export function formatTime(unixSeconds: number): string {
  const date = new Date(unixSeconds * 1000)
  if (Number.isNaN(date.getTime())) return String(unixSeconds)
  return `${date.toISOString().slice(0, 19).replace("T", " ")}Z`
}

/** A time in Unix seconds as the clock here shows it, with the day where that is not the day of `now` (milliseconds). */
export function formatClock(unixSeconds: number, now: number): string {
  const date = new Date(unixSeconds * 1000)
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`
  if (date.toDateString() === new Date(now).toDateString()) return clock
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`
}

function two(number: number): string {
  return String(number).padStart(2, "0")
}

/** `1 peer`, `2 peers`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`
}

/** A path as people write it, with `~` for the home folder. */
export function tilde(path: string, home: string = homedir()): string {
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path
}

/** Where a node listens, of its multiaddrs: the direct ones, and how many relays it can be reached through. */
export function reachLine(addresses: readonly string[]): string {
  const direct = addresses
    .filter((address) => !isRelayed(address))
    .map((address) => address.replace(/\/p2p\/[^/]+$/, ""))
  const relays = new Set(addresses.filter(isRelayed).map((address) => /\/p2p\/([^/]+)\/p2p-circuit/.exec(address)?.[1]))
  return [...direct, ...(relays.size === 0 ? [] : [`through ${count(relays.size, "relay")}`])].join(", ") || "nowhere"
}

function isRelayed(address: string): boolean {
  return address.includes("/p2p-circuit")
}
