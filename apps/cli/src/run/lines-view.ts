import type { ResearchStatus } from "@spore/api/client"
import { dollars } from "@spore/api/views"
import type { Activity } from "@spore/node"
import { plain } from "../output/plain.ts"
import { count, formatClock } from "../output/format.ts"
import { shortNode } from "../ids.ts"
import {
  activitySentence,
  controlSentence,
  endSentence,
  experimentSentence,
  farewellLines,
  reasonSentence,
  rerunSentence,
  tellsOfSwitch,
} from "./entry-text.ts"
import type { RunEvent, RunView } from "./run-event.ts"

/** One line per event, each with its time: for logs and pipes. */
export function createLinesView(print: (line: string) => void, now: () => Date): RunView {
  let workers = 1
  let isEnded = false
  let goesOn = false
  return {
    show: (event) => {
      if (event.type === "ready") workers = event.research?.workers ?? 1
      if (event.type === "research_ended") isEnded = true
      if (event.type === "notice" && tellsOfSwitch(event.notice)) goesOn = true
      // Research that ended by itself left nothing to give up, and an update was said to end it.
      if (event.type === "stopping" && (isEnded || goesOn)) return
      const time = `${now().toISOString().slice(0, 19)}Z`
      for (const line of linesOf(event, workers, now().getTime(), goesOn)) print(`${time} ${line}`)
    },
    close: () => undefined,
  }
}

/**
 * @param workers of this run
 * @param now Unix milliseconds
 * @param goesOn whether another version goes on in its place
 */
export function linesOf(event: RunEvent, workers: number, now: number, goesOn = false): string[] {
  switch (event.type) {
    case "ready":
      return readyLines(event, now)
    case "started":
      return startedLines(event.activity, workers)
    case "experiment":
      return [experimentSentence(event.experiment)]
    case "rerun":
      return [rerunSentence(event.rerun, event.experiment, event.own)]
    case "control":
      return [controlSentence(event.control, event.experiment)]
    case "task":
      return [`task ${plain(event.task.name)} ${event.task.id}`]
    case "synced":
      return [`received ${event.facts} facts`]
    case "peer":
      return [`peer ${event.change}: ${shortNode(event.peer.nodeId)} at ${plain(event.peer.address)}`]
    case "notice":
      return [`notice: ${noticeText(event.notice)}`]
    case "notice_over":
      return [`notice over: ${event.code}`]
    case "research_ended":
      return [endSentence(event.research)]
    case "stopping":
      return ["stopping: the running job is given up; Ctrl-C again stops at once"]
    case "stopped":
      return farewellLines(event.summary, goesOn)
    case "progress":
    case "idle":
    case "place":
    case "peers":
      return []
  }
}

/** Several workers are told apart by their numbers; what the keeper asks for and reruns have none of those. */
function startedLines(activity: Activity, workers: number): string[] {
  const { kind, worker, title, agent } = activity
  // It takes no time worth a line.
  if (kind === "proposal" && title === "tuner") return []
  const who = workers > 1 && worker < workers ? `worker ${worker}: ` : ""
  const reason = reasonSentence(activity)
  const by = kind === "experiment" && agent !== null ? `, by ${plain(agent)}` : ""
  return [`${who}started ${activitySentence(activity)}${by}${reason === "" ? "" : `, ${reason}`}`]
}

function readyLines({ status, url, place, research }: Extract<RunEvent, { type: "ready" }>, now: number): string[] {
  const { backend, isolated } = status.sandbox
  return [
    `node ${status.nodeId}, mode ${status.mode}, sandbox ${backend}${isolated ? "" : " (not isolated)"}`,
    `explorer ${url}`,
    ...status.addresses.map((address) => `listening ${address}`),
    `task ${place === null ? "none yet" : `${plain(place.task.name)} ${place.task.id}`}`,
    ...(research === null ? [] : [`research by ${plain(research.proposer)}${researchWords(research, now)}`]),
    ...status.notices.map((notice) => `notice: ${noticeText(notice)}`),
  ]
}

/** How many work at it, and what bounds it. */
function researchWords({ workers, limits }: ResearchStatus, now: number): string {
  const parts = [
    ...(workers === 1 ? [] : [count(workers, "worker")]),
    ...(limits.max_experiments === null ? [] : [`at most ${count(limits.max_experiments, "experiment")}`]),
    ...(limits.max_cost_usd === null ? [] : [`at most ${dollars(limits.max_cost_usd)}`]),
    ...(limits.max_tokens === null ? [] : [`at most ${limits.max_tokens} tokens`]),
    ...(limits.until === null ? [] : [`until ${formatClock(limits.until, now)}`]),
  ]
  return parts.map((part) => `, ${part}`).join("")
}

function noticeText({ message, next }: { message: string; next: string | null }): string {
  return next === null ? plain(message) : `${plain(message)}; next: ${plain(next)}`
}
