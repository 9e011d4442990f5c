import { plain } from "../output/plain.ts"
import { formatDuration, tilde } from "../output/format.ts"
import { shortNode } from "../ids.ts"
import { activitySentence, controlSentence, experimentSentence, rerunSentence, summarySentence } from "./entry-text.ts"
import type { RunEvent, RunView } from "./run-event.ts"

/** One line per event, each with its time: for logs and pipes. */
export function createLinesView(print: (line: string) => void, now: () => Date): RunView {
  return {
    show: (event) => {
      const time = `${now().toISOString().slice(0, 19)}Z`
      for (const line of linesOf(event)) print(`${time} ${line}`)
    },
    close: () => undefined,
  }
}

function linesOf(event: RunEvent): string[] {
  switch (event.type) {
    case "ready":
      return readyLines(event)
    case "started":
      return [`started ${activitySentence(event.activity)}`]
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
    case "stopping":
      return ["stopping: the running job is given up; Ctrl-C again stops at once"]
    case "stopped":
      return [
        `stopped after ${formatDuration(event.summary.seconds)}: ${summarySentence(event.summary)}`,
        `data in ${tilde(event.summary.dataDir)}; the same command continues there`,
      ]
    case "progress":
    case "idle":
    case "place":
    case "peers":
      return []
  }
}

function readyLines({ status, url, place }: Extract<RunEvent, { type: "ready" }>): string[] {
  const { backend, isolated } = status.sandbox
  return [
    `node ${status.nodeId}, mode ${status.mode}, sandbox ${backend}${isolated ? "" : " (not isolated)"}`,
    `explorer ${url}`,
    ...status.addresses.map((address) => `listening ${address}`),
    `task ${place === null ? "none yet" : `${plain(place.task.name)} ${place.task.id}`}`,
    ...status.notices.map((notice) => `notice: ${noticeText(notice)}`),
  ]
}

function noticeText({ message, next }: { message: string; next: string | null }): string {
  return next === null ? plain(message) : `${plain(message)} next: ${plain(next)}`
}
