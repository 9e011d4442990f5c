import type { ResearchStatus } from "@spore/api/client"
import { researchTotals } from "@spore/api/views"
import type { NodeStatus, Notice, Peer } from "@spore/node"
import type { Colours } from "../context.ts"
import { shortId, shortNode } from "../ids.ts"
import { count, formatClock, formatMeasured, formatPercent, formatValue, gain } from "../output/format.ts"
import { plain } from "../output/plain.ts"
import { fit, wrap } from "../output/text-width.ts"
import { classWord } from "../output/task-tables.ts"
import { wordsOf } from "../output/verdict.ts"
import { endSentence } from "../run/entry-text.ts"
import type { Place } from "../run/run-event.ts"
import { type Entry, type Layout, renderEntry } from "./entry.ts"
import { type Activities, foremost, workerLines, workerRows } from "./workers.ts"

/** What the region shows. */
export interface RegionState {
  readonly status: NodeStatus
  readonly url: string
  readonly place: Place | null
  readonly activities: Activities
  readonly research: ResearchStatus | null
  readonly verifyQueue: number
  readonly peers: readonly Peer[]
  readonly notices: readonly Notice[]
  /** The last results, oldest first. */
  readonly entries: readonly Entry[]
  readonly isStopping: boolean
}

const MAX_NOTICES = 2
const MAX_NOTICE_LINES = 3

/** How many results the region holds on a terminal of this height. */
export function entriesShown(rows: number, research: ResearchStatus | null): number {
  return Math.max(0, Math.min(8, rows - 14 - workRoom(rows, research)))
}

/** Lines for what is done now: one alone has three where reasons are given, several one each as far as there is room. */
function workRoom(rows: number, research: ResearchStatus | null): number {
  if (research === null) return 2
  return research.workers === 1 ? 3 : Math.min(research.workers + 1, Math.max(4, rows - 19))
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
    ...nowLines(state, columns, rows, colours, now),
    line(bestLine(state.place)),
    ...(state.research === null ? [] : [line(researchLine(state.research, now))]),
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

/** What the workers do; as many lines whatever it is. */
function nowLines(state: RegionState, columns: number, rows: number, colours: Colours, now: number): string[] {
  const { activities, isStopping, research } = state
  const workers = research?.workers ?? 1
  const room = workRoom(rows, research)
  const filled = (first: string): string[] => [fit(first, columns), ...Array.from({ length: room - 1 }, () => "")]
  if (isStopping) {
    const isEnd = research !== null && research.ended !== null
    return filled(isEnd ? endSentence(research) : "stopping: the running job is given up, everything else is kept")
  }
  const first = foremost(activities)
  if (first === undefined) return filled(idleLine(state))
  return workers === 1
    ? workerLines(first, columns, colours, now).slice(0, room)
    : workerRows(activities, { workers, room, columns }, colours, now)
}

function idleLine({ status, place }: RegionState): string {
  if (status.mode === "sync") return "carrying facts and code between peers; runs no code"
  if (status.mode === "research" && place === null) return "no task to work on: spore task list, spore task use"
  return "nothing to run at the moment"
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

/** Who proposes, and what that came to beside its limits. */
function researchLine(research: ResearchStatus, now: number): string {
  const { limits } = research
  const until = limits.until === null ? [] : [`until ${formatClock(limits.until, now)}`]
  const [made = "", ...spent] = researchTotals(research)
  // What comes last is what may be cut.
  return [`this run ${made}`, ...until, ...spent, `by ${plain(research.proposer)}`].join(" · ")
}

function peersLine({ place, peers, verifyQueue, research }: RegionState): string {
  const parts: string[] = []
  const standing = place?.standing ?? null
  if (standing !== null) {
    parts.push(count(standing.experiments, "experiment"), count(standing.authors, "node"))
  }
  if (verifyQueue > 0) parts.push(`${verifyQueue} to rerun`)
  const claims = research?.claims.length ?? 0
  if (claims > 0) parts.push(`${claims} being tried elsewhere`)
  const names = peers.map(({ nodeId }) => shortNode(nodeId)).join(", ")
  parts.push(peers.length === 0 ? "no peers" : `${count(peers.length, "peer")}: ${names}`)
  return parts.join("  ·  ")
}

function noticeLines({ message, next }: Notice, columns: number): string[] {
  const [first = "", ...rest] = wrap(plain(message), columns - 2).slice(0, MAX_NOTICE_LINES)
  const lines = [`! ${first}`, ...rest.map((line) => `  ${line}`)].map((line) => fit(line, columns))
  return next === null ? lines : [...lines, fit(`  next: ${plain(next)}`, columns)]
}
