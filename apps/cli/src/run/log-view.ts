import type { Logger } from "@spore/records"
import { linesOf } from "./lines-view.ts"
import type { RunEvent } from "./run-event.ts"

/** Writes what happens in a run to the node's log, in the words of its lines: nobody may be looking at them. */
export function createLogView(log: Logger): (event: RunEvent) => void {
  let workers = 1
  return (event) => {
    if (event.type === "ready") workers = event.research?.workers ?? 1
    for (const line of wordsOf(event, workers)) write(log, event, line)
  }
}

function wordsOf(event: RunEvent, workers: number): string[] {
  if (event.type === "stopping") return ["stopping"]
  const lines = linesOf(event, workers, Date.now())
  // The others are for whoever sits at the terminal.
  return event.type === "stopped" ? lines.slice(0, 1) : lines
}

function write(log: Logger, event: RunEvent, line: string): void {
  const fields = { event: event.type, ...idsOf(event) }
  if (event.type === "notice") log.warn({ ...fields, code: event.notice.code }, line)
  else log.info(fields, line)
}

/** What the lines give the beginning of alone. */
function idsOf(event: RunEvent): object {
  if (event.type === "experiment") return { experiment: event.experiment.row.id, task: event.experiment.row.task }
  if (event.type === "rerun") return { rerun: event.rerun.id, experiment: event.experiment.row.id }
  if (event.type === "control") return { control: event.control.id, experiment: event.experiment.row.id }
  return event.type === "peer" ? { peer: event.peer.nodeId } : {}
}
