import type { Activity, NodeStatus, Notice, Peer } from "@spore/node"
import type { Colours } from "../context.ts"
import { shortId, shortNode } from "../ids.ts"
import { count, formatDuration, formatMeasured, formatPercent, formatValue, gain } from "../output/format.ts"
import { plain } from "../output/plain.ts"
import { fit, wrap } from "../output/text-width.ts"
import { classWord } from "../output/task-tables.ts"
import { wordsOf } from "../output/verdict.ts"
import { activitySentence } from "../run/entry-text.ts"
import type { Place } from "../run/run-event.ts"
import { type Entry, type Layout, renderEntry } from "./entry.ts"

/** What the region shows. */
export interface RegionState {
  readonly status: NodeStatus
  readonly url: string
  readonly place: Place | null
  readonly activity: Activity | null
  readonly verifyQueue: number
  readonly peers: readonly Peer[]
  readonly notices: readonly Notice[]
  /** The last results, oldest first. */
  readonly entries: readonly Entry[]
  readonly isStopping: boolean
}

const MAX_BAR = 40
const MAX_NOTICES = 2
const MAX_NOTICE_LINES = 3

/** How many results the region holds on a terminal of this height. */
export function entriesShown(rows: number): number {
  return Math.max(0, Math.min(8, rows - 15))
}

/** The region's lines, each within the layout and at most `rows` of them. */
export function renderRegion(
  state: RegionState,
  layout: Layout,
  rows: number,
  colours: Colours,
  now: number,
): string[] {
  const { columns } = layout
  const line = (text: string): string => fit(text, columns)
  const lines = [
    ...state.entries.map((entry) => renderEntry(entry, layout, colours)),
    "",
    colours.bold(line(titleLine(state))),
    line(activityLine(state)),
    progressLine(state, columns, colours, now),
    line(bestLine(state.place)),
    line(peersLine(state)),
    line(`explorer ${state.url}  ·  ${state.isStopping ? "Ctrl-C again stops at once" : "Ctrl-C stops"}`),
    ...state.notices.slice(-MAX_NOTICES).flatMap((notice) => noticeLines(notice, columns).map(colours.yellow)),
  ]
  return lines.slice(0, Math.max(1, rows - 1))
}

function titleLine({ status, place }: RegionState): string {
  const { backend, isolated } = status.sandbox
  const parts = [`spore ${shortNode(status.nodeId)}`, status.mode]
  if (place !== null) {
    parts.push(plain(place.task.name))
    if (place.hardwareClass !== null) parts.push(classWord({ class: plain(place.hardwareClass) }))
  }
  if (status.mode !== "sync") parts.push(isolated ? backend : `${backend} (not isolated)`)
  return parts.join(" · ")
}

function activityLine({ activity, isStopping, status, place }: RegionState): string {
  if (isStopping) return "stopping: the running job is given up, everything else is kept"
  if (activity !== null) return activitySentence(activity)
  if (status.mode === "sync") return "carrying facts and code between peers; runs no code"
  if (status.mode === "research" && place === null) return "no task to work on: spore task list, spore task use"
  return "nothing to run at the moment"
}

function progressLine(
  { activity, isStopping }: RegionState,
  columns: number,
  { cyan, dim }: Colours,
  now: number,
): string {
  if (activity === null || isStopping) return ""
  const { progress, startedAt } = activity
  if (progress === null) return dim(fit(`preparing, ${formatDuration((now - startedAt) / 1000)}`, columns))
  const fraction = Math.min(1, Math.max(0, progress.fraction))
  const facts = [`${Math.floor(fraction * 100)} %`.padStart(5)]
  if (progress.loss !== null) facts.push(`loss ${formatValue(progress.loss, 0)}`)
  if (progress.remainingSeconds !== null) facts.push(`${formatDuration(progress.remainingSeconds)} left`)
  const text = facts.join("  ")
  const width = Math.max(0, Math.min(MAX_BAR, columns - text.length - 2))
  const full = Math.round(fraction * width)
  return `${cyan("━".repeat(full))}${dim("─".repeat(width - full))}  ${fit(text, columns - width - 2)}`
}

function bestLine(place: Place | null): string {
  const standing = place?.standing ?? null
  const best = standing?.best ?? null
  if (place === null || standing === null || best === null) return "best: none yet"
  const { baseline } = standing
  const { name, goal, minEffect } = place.task.terms.metric
  const value = `best ${plain(name)} ${formatMeasured(best.value, best.error, minEffect)}`
  if (best.parent === null) return `${value}, the baseline`
  const percent = formatPercent(gain(best.value, baseline, goal))
  const words = standing.bestPromoted ? `${wordsOf(best)}, promoted` : wordsOf(best)
  return `${value}  gain ${percent} on baseline ${formatValue(baseline, minEffect)}  ${shortId(best.id)}  ${words}`
}

function peersLine({ place, peers, verifyQueue }: RegionState): string {
  const parts: string[] = []
  const standing = place?.standing ?? null
  if (standing !== null) {
    parts.push(count(standing.experiments, "experiment"), count(standing.authors, "node"))
  }
  if (verifyQueue > 0) parts.push(`${verifyQueue} to rerun`)
  const names = peers.map(({ nodeId }) => shortNode(nodeId)).join(", ")
  parts.push(peers.length === 0 ? "no peers" : `${count(peers.length, "peer")}: ${names}`)
  return parts.join("  ·  ")
}

function noticeLines({ message, next }: Notice, columns: number): string[] {
  const [first = "", ...rest] = wrap(plain(message), columns - 2).slice(0, MAX_NOTICE_LINES)
  const lines = [`! ${first}`, ...rest.map((line) => `  ${line}`)].map((line) => fit(line, columns))
  return next === null ? lines : [...lines, fit(`  next: ${plain(next)}`, columns)]
}
