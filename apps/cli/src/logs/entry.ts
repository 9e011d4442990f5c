import { z } from "zod"
import type { Colours } from "../context.ts"
import { plain, plainLines, safeJson } from "../output/plain.ts"
import { wrap } from "../output/text-width.ts"

/** A line of the log, read. What is no line of ours is a message alone. */
export interface LogEntry {
  /** Null where it does not say. */
  readonly time: Date | null
  readonly level: LevelName
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

type LevelName = "debug" | "info" | "warn" | "error"

const lineSchema = z.looseObject({
  level: z.number().optional(),
  time: z.iso.datetime().optional(),
  msg: z.string().default(""),
})

/** Those of an event are in its words already: `--json` has them. */
const IN_WORDS: readonly string[] = ["event", "experiment", "task", "rerun", "control", "peer", "code"]

export function readEntry(line: string): LogEntry {
  const { level, time, msg, ...fields } = lineSchema.catch({ msg: line }).parse(jsonOf(line))
  return { time: time === undefined ? null : new Date(time), level: levelName(level ?? 30), message: msg, fields }
}

/** A line of the log for programs, as it is but for what a terminal would act on. */
export function entryJson(line: string): string {
  const value = jsonOf(line)
  return safeJson(typeof value === "object" && value !== null ? value : { msg: line })
}

/**
 * A line of the log for people, as lines of at most `width` columns (null: in one): those after the first are
 * indented, so that no text can pass for a line of its own.
 */
export function entryLines(
  { time, level, message, fields }: LogEntry,
  colours: Colours,
  width: number | null,
): string[] {
  const { dim } = colours
  const { stack, next, ...others } = fields
  const isEvent = "event" in fields
  const shown = Object.entries(others).filter(([name]) => !isEvent || !IN_WORDS.includes(name))
  const prefix = `${time === null ? " ".repeat(19) : clockOf(time)} ${level.padEnd(5)} `
  const words = [
    plain(message),
    ...shown.map(([name, value]) => `${plain(name)}=${plain(typeof value === "string" ? value : safeJson(value))}`),
  ].join("  ")
  const [first = "", ...rest] = width === null ? [words] : wrap(words, Math.max(20, width - prefix.length))
  const below = [
    ...rest,
    ...(typeof next === "string" ? [`next: ${plain(next)}`] : []),
    ...(typeof stack === "string" ? plainLines(stack) : []),
  ]
  const start = `${dim(prefix.slice(0, 19))} ${colourOf(level, colours)(level.padEnd(5))} `
  return [`${start}${first}`, ...below.map((line) => `${" ".repeat(prefix.length)}${line}`)]
}

/** The time here, `2026-11-28 10:02:03`. */
function clockOf(time: Date): string {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 19).replace("T", " ")
}

/** Numbers as pino has them. */
function levelName(level: number): LevelName {
  if (level >= 50) return "error"
  if (level >= 40) return "warn"
  return level >= 30 ? "info" : "debug"
}

function colourOf(level: LevelName, { red, yellow, green, dim }: Colours): (text: string) => string {
  return { error: red, warn: yellow, info: green, debug: dim }[level]
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
