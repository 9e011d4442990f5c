import { open } from "node:fs/promises"
import { z } from "zod"
import { logPath } from "../logs/path.ts"
import { count, formatAgo } from "../output/format.ts"
import { type Finding, finding } from "./finding.ts"

const DAY_MS = 24 * 60 * 60 * 1000
/** Read from the end of each of the two files. */
const MOST_BYTES = 4 * 1024 ** 2
/** Levels of pino. */
const ERROR = 50
/** So many crashes within the last hour are a loop. */
const LOOP = 3

const lineSchema = z.object({
  level: z.number(),
  time: z.iso.datetime().transform((text) => Date.parse(text)),
  msg: z.string().default(""),
  error: z.string().optional(),
  event: z.string().optional(),
})
type Line = z.infer<typeof lineSchema>

/** Errors of the last day in the node's log, and whether it ends again and again. */
export async function checkLog(dataDir: string, now: number): Promise<Finding[]> {
  const path = logPath(dataDir)
  const lines = [...(await errorsIn(`${path}.1`)), ...(await errorsIn(path))].filter(({ time }) => time > now - DAY_MS)
  const newest = lines.at(-1)
  if (newest === undefined) return []
  const crashes = lines.filter(({ event, time }) => event === "crashed" && time > now - DAY_MS / 24)
  return [
    ...(crashes.length >= LOOP ? [loopFinding(crashes)] : []),
    finding(
      "log",
      "warn",
      `${count(lines.length, "error")} in the last day, the newest ${formatAgo((now - newest.time) / 1000)} ago: ${said(newest)}`,
      `spore logs, or read ${path}`,
    ),
  ]
}

function loopFinding(crashes: readonly Line[]): Finding {
  const last = crashes.at(-1)
  const why = last === undefined ? "" : `: ${said(last)}`
  return finding("service", "fail", `the node crashed ${crashes.length} times in the last hour${why}`, "spore logs")
}

function said({ msg, error }: Line): string {
  return error === undefined ? msg : `${msg}: ${error}`
}

async function errorsIn(path: string): Promise<Line[]> {
  const text = await endOf(path)
  return text.split("\n").flatMap((line) => {
    // Most lines are no errors: they need not be read as JSON.
    if (!/^\{"level":[56]0/.test(line)) return []
    const parsed = lineSchema.safeParse(fromJson(line))
    return parsed.success && parsed.data.level >= ERROR ? [parsed.data] : []
  })
}

async function endOf(path: string): Promise<string> {
  const file = await open(path).catch(() => null)
  if (file === null) return ""
  try {
    const { size } = await file.stat()
    const bytes = Math.min(size, MOST_BYTES)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, size - bytes)
    return buffer.toString("utf8", 0, bytesRead)
  } finally {
    await file.close()
  }
}

function fromJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
