import type { Activity } from "@spore/node"
import type { Output } from "../context.ts"
import { tilde } from "../output/format.ts"
import { plain } from "../output/plain.ts"
import { wrap } from "../output/text-width.ts"
import { endSentence, farewellLines, tellsOfSwitch } from "../run/entry-text.ts"
import type { RunEvent, RunView } from "../run/run-event.ts"
import { type Entry, type Layout, layoutOf, renderEntry, renderHeading } from "./entry.ts"
import { entriesShown, type RegionState, renderRegion } from "./region.ts"
import { createScreen } from "./screen.ts"

const TICK_MS = 250

export interface LiveViewInit {
  output: Output
  /** Unix milliseconds. */
  now: () => number
  /** Calls back regularly until it is told to stop; four times a second by default. */
  everyTick?: (tick: () => void) => () => void
}

/**
 * A run on a terminal: results scroll by, and a region below them says what happens now. The last results stay in the
 * region while reruns may still add to them.
 */
export function createLiveView({ output, now, everyTick = everyQuarterSecond }: LiveViewInit): RunView {
  const { colours } = output
  const screen = createScreen(output)
  let state: RegionState | null = null
  /** Lines that are to stay above the region, not written yet. */
  let above: string[] = []
  let isDirty = false
  /** Whether another version goes on in its place. */
  let goesOn = false
  let shownSecond = 0
  const stopTicking = everyTick(tick)
  const stopResizing = output.onResize(() => {
    isDirty = true
  })

  function layout(): Layout {
    // The last column is left free: a character there makes some terminals wrap at once.
    return layoutOf(Math.max(20, output.size().columns - 1), state?.place?.task.terms.metric.name ?? "value")
  }

  function tick(): void {
    const second = Math.floor(now() / 1000)
    if (state === null) return
    if (state.activities.size > 0 && second !== shownSecond) isDirty = true
    if (!isDirty) return
    shownSecond = second
    settle(state)
    const { rows } = output.size()
    screen.update(above, renderRegion(state, layout(), rows, colours, now()))
    above = []
    isDirty = false
  }

  /** Moves results that no longer fit into the region above it. */
  function settle({ entries, research }: RegionState): void {
    const room = entriesShown(output.size().rows, research)
    const leaving = entries.slice(0, Math.max(0, entries.length - room))
    for (const entry of leaving) above.push(renderEntry(entry, layout(), colours))
    change({ entries: entries.slice(leaving.length) })
  }

  function change(part: Partial<RegionState>): void {
    if (state === null) return
    state = { ...state, ...part }
    isDirty = true
  }

  function add(entry: Entry): void {
    change({ entries: [...(state?.entries ?? []), entry] })
  }

  function begin({ status, url, place, research, recent }: Extract<RunEvent, { type: "ready" }>): void {
    const { dim } = colours
    state = {
      status,
      url,
      place,
      activities: new Map(status.activities.map((activity) => [activity.worker, activity])),
      research,
      verifyQueue: status.verifyQueue,
      peers: status.peers,
      notices: status.notices,
      entries: recent.map((experiment) => ({ type: "experiment", experiment })),
      isStopping: false,
    }
    above.push(
      `${dim("node")}      ${status.nodeId}, spore ${status.version}`,
      `${dim("data")}      ${tilde(status.dataDir)}`,
      ...status.addresses.map((address) => `${dim("peer at")}   ${plain(address)}`),
      "",
      renderHeading(layout(), colours),
    )
    isDirty = true
  }

  /** Values of another metric get a heading of their own. */
  function moveTo({ place, verifyQueue, research }: Extract<RunEvent, { type: "place" }>): void {
    if (place !== null && place.task.terms.metric.name !== layout().metric) {
      for (const entry of state?.entries ?? []) above.push(renderEntry(entry, layout(), colours))
      change({ entries: [], place })
      above.push("", renderHeading(layout(), colours))
    }
    change({ place, verifyQueue, research })
  }

  /** A peer's rerun of a result that is still in the region changes that line; others have a line of their own. */
  function addRerun(event: Extract<RunEvent, { type: "rerun" }>): void {
    const { experiment, own } = event
    let isShown = false
    const entries = (state?.entries ?? []).map((entry): Entry => {
      if (entry.type !== "experiment" || entry.experiment.row.id !== experiment.row.id) return entry
      isShown = true
      return { type: "experiment", experiment }
    })
    change({ entries })
    if (!isShown || own) add(event)
  }

  function work(worker: number, activity: Activity | null): void {
    const activities = new Map(state?.activities)
    if (activity === null) activities.delete(worker)
    else activities.set(worker, activity)
    change({ activities })
  }

  function show(event: RunEvent): void {
    switch (event.type) {
      case "ready":
        return begin(event)
      case "started":
      case "progress":
        return work(event.activity.worker, event.activity)
      case "idle":
        return work(event.worker, null)
      case "experiment":
        return add(event)
      case "rerun":
        return addRerun(event)
      case "control":
        return add(event)
      case "task":
        return add({ type: "text", text: `task ${event.task.name} ${event.task.id}` })
      case "synced":
        return add({ type: "text", text: `received ${event.facts} facts` })
      case "place":
        return moveTo(event)
      case "peers":
        return change({ peers: event.peers })
      case "notice":
        if (tellsOfSwitch(event.notice)) {
          goesOn = true
          return add({ type: "text", text: event.notice.message })
        }
        return change({
          notices: [...(state?.notices ?? []).filter(({ code }) => code !== event.notice.code), event.notice],
        })
      case "notice_over":
        return change({ notices: (state?.notices ?? []).filter(({ code }) => code !== event.code) })
      case "research_ended":
        return change({ research: event.research })
      case "stopping":
        // The terminal echoed ^C over the region.
        screen.invalidate()
        change({ isStopping: true })
        return tick()
      case "stopped":
        return end(event)
      case "peer":
        return
    }
  }

  function end({ summary }: Extract<RunEvent, { type: "stopped" }>): void {
    close()
    const { columns } = output.size()
    const ended = summary.research !== null && summary.research.ended !== null
    const sentences = [...(ended ? [endSentence(summary.research)] : []), ...farewellLines(summary, goesOn)]
    for (const line of sentences.flatMap((sentence) => wrap(sentence, columns))) output.print(line)
  }

  function close(): void {
    stopTicking()
    stopResizing()
    screen.close()
    for (const line of above) output.print(line)
    for (const entry of state?.entries ?? []) output.print(renderEntry(entry, layout(), colours))
    above = []
    state = null
  }

  return { show, close }
}

function everyQuarterSecond(tick: () => void): () => void {
  const timer = setInterval(tick, TICK_MS)
  return () => clearInterval(timer)
}
