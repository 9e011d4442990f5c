import { cliError } from "../errors.ts"

const MS = { d: 86_400_000, h: 3_600_000, m: 60_000, min: 60_000, s: 1_000 } as const
const UNITS = /^(?:\d+(?:\.\d+)?(?:d|h|min|m|s))+$/
const CLOCK = /^([01]?\d|2[0-3]):([0-5]\d)$/
/** ISO 8601; without an offset the time is local. */
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/
const MOST = 365 * MS.d

/**
 * When research is to end, in Unix milliseconds: a duration (`8h`, `1h30m`), the next time that the clock here shows
 * `07:00`, or a time in ISO 8601.
 *
 * @throws SporeError `bad_usage` for anything else, for a time that is past, and for more than a year
 */
export function parseUntil(text: string, now: Date): number {
  const end = endOf(text.trim(), now)
  if (end === null || Number.isNaN(end)) {
    throw cliError("bad_usage", `--until ${JSON.stringify(text.slice(0, 64))} is neither a time nor a duration`, {
      next: "give a clock time (07:00), a duration (8h, 1h30m) or a date (2026-11-30T07:00)",
    })
  }
  if (end <= now.getTime()) {
    throw cliError("bad_usage", `--until ${text}: that time is past`, { next: "give a time to come, or 8h" })
  }
  if (end - now.getTime() > MOST) {
    throw cliError("bad_usage", `--until ${text}: that is more than a year away`, { next: "leave --until out" })
  }
  return end
}

function endOf(text: string, now: Date): number | null {
  if (UNITS.test(text)) return now.getTime() + durationOf(text)
  const clock = CLOCK.exec(text)
  if (clock !== null) return nextClock(Number(clock[1]), Number(clock[2]), now)
  if (!DATE.test(text)) return null
  // A date alone would be read as UTC.
  return new Date(text.length === 10 ? `${text}T00:00` : text.replace(" ", "T")).getTime()
}

function durationOf(text: string): number {
  let sum = 0
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(d|h|min|m|s)/g)) {
    if (isUnit(unit)) sum += Number(number) * MS[unit]
  }
  return Math.round(sum)
}

function isUnit(text: string | undefined): text is keyof typeof MS {
  return text !== undefined && text in MS
}

/** Today, or tomorrow where it has struck. */
function nextClock(hours: number, minutes: number, now: Date): number {
  const end = new Date(now)
  end.setHours(hours, minutes, 0, 0)
  if (end <= now) end.setDate(end.getDate() + 1)
  return end.getTime()
}
