import type { Activity } from "@spore/node"
import type { Colours } from "../context.ts"
import { shortId } from "../ids.ts"
import { formatDuration, formatValue } from "../output/format.ts"
import { plain } from "../output/plain.ts"
import { fit, pad, textWidth } from "../output/text-width.ts"
import { activitySentence, reasonSentence } from "../run/entry-text.ts"

/** What each worker does, by its number; those that do nothing are missing. */
export type Activities = ReadonlyMap<number, Activity>

const MAX_BAR = 40
const ROW_BAR = 12
/** From these widths on rows of several workers have room for what they build on, for a bar, and for why they do. */
const ROOM = { parent: 70, bar: 96, reason: 120 } as const
const WIDTH = { word: 6, parent: 11, share: 5, time: 15 } as const

/** One worker in full: what it does, how far it is, and why it builds on what it builds on. */
export function workerLines(activity: Activity, columns: number, colours: Colours, now: number): string[] {
  return [
    fit(activitySentence(activity), columns),
    progressLine(activity, columns, colours, now),
    colours.dim(fit(reasonSentence(activity), columns)),
  ]
}

/** What of a lone worker and of reruns beside it is told: what has the device, else what is thought of. */
export function foremost(activities: Activities): Activity | undefined {
  const all = [...activities.values()]
  return all.find(({ kind }) => kind !== "proposal") ?? all[0]
}

/**
 * Several workers, a line each, then one for reruns and what else the keeper asked for, with as many lines whatever they
 * do, so that nothing below moves. Those without room are counted.
 *
 * @param workers how many do research: their numbers are below it
 * @param room lines that there are, at least 3
 */
export function workerRows(
  activities: Activities,
  { workers, room, columns }: { workers: number; room: number; columns: number },
  colours: Colours,
  now: number,
): string[] {
  const { dim } = colours
  const isCut = workers + 1 > room
  const shown = isCut ? room - 2 : workers
  const width = String(workers - 1).length
  const row = (lead: string, activity: Activity | undefined, idle: string): string => {
    const text = activity === undefined ? dim(fit(idle, columns - lead.length)) : ""
    return dim(lead) + (activity === undefined ? text : rowText(activity, columns - lead.length, colours, now))
  }
  const rows = Array.from({ length: shown }, (_, i) => row(`${String(i).padStart(width)} `, activities.get(i), "waits"))
  const busy = [...activities.keys()]
  if (isCut) {
    const more = busy.filter((worker) => worker >= shown && worker < workers).length
    rows.push(dim(fit(`${workers - shown} more workers, ${more} at work`, columns)))
  }
  const others = busy.filter((worker) => worker >= workers).toSorted((a, b) => a - b)
  const [other = -1] = others
  return [...rows, row(`${"·".padStart(width)} `, activities.get(other), "no rerun now")]
}

function rowText(activity: Activity, columns: number, { cyan, dim }: Colours, now: number): string {
  const { kind, title, progress, startedAt } = activity
  const word = kind === "experiment" ? "trying" : kind === "proposal" ? "asking" : "rerun"
  const left = progress?.remainingSeconds ?? null
  const time = left === null ? formatDuration((now - startedAt) / 1000) : `${formatDuration(left)} left`
  const right = [
    ...(columns >= ROOM.parent ? [dim(parentCell(activity, columns))] : []),
    ...(columns >= ROOM.bar ? [progress === null ? " ".repeat(ROW_BAR) : bar(progress.fraction, cyan, dim)] : []),
    pad(progress === null ? "" : percent(progress.fraction), WIDTH.share, "right"),
    pad(time, WIDTH.time, "right"),
  ].map((cell) => `  ${cell}`)
  const rightWidth = right.reduce((sum, cell) => sum + textWidth(cell), 0)
  const titleWidth = Math.max(4, columns - WIDTH.word - 2 - rightWidth)
  return `${pad(word, WIDTH.word)}  ${pad(plain(title), titleWidth)}${right.join("")}`
}

function parentCell({ parent }: Activity, columns: number): string {
  const width = columns >= ROOM.reason ? Math.floor(columns / 3) : WIDTH.parent
  if (parent === null) return " ".repeat(width)
  const id = `on ${shortId(parent.id)}`
  return pad(columns >= ROOM.reason ? `${id}: ${plain(parent.reason)}` : id, width)
}

function bar(fraction: number, cyan: (text: string) => string, dim: (text: string) => string): string {
  const { full, rest } = barOf(fraction, ROW_BAR)
  return cyan(full) + dim(rest)
}

function progressLine({ kind, progress, startedAt }: Activity, columns: number, colours: Colours, now: number): string {
  const { cyan, dim } = colours
  if (progress === null) {
    const words = kind === "proposal" ? "thinking" : "preparing"
    return dim(fit(`${words}, ${formatDuration((now - startedAt) / 1000)}`, columns))
  }
  const facts = [percent(progress.fraction).padStart(5)]
  if (progress.loss !== null) facts.push(`loss ${formatValue(progress.loss, 0)}`)
  if (progress.remainingSeconds !== null) facts.push(`${formatDuration(progress.remainingSeconds)} left`)
  const text = facts.join("  ")
  const width = Math.max(0, Math.min(MAX_BAR, columns - text.length - 2))
  const { full, rest } = barOf(progress.fraction, width)
  return `${cyan(full)}${dim(rest)}  ${fit(text, columns - width - 2)}`
}

function barOf(fraction: number, width: number): { full: string; rest: string } {
  const full = Math.round(within(fraction) * width)
  return { full: "━".repeat(full), rest: "─".repeat(width - full) }
}

function percent(fraction: number): string {
  return `${Math.floor(within(fraction) * 100)} %`
}

function within(fraction: number): number {
  return Math.min(1, Math.max(0, fraction))
}
