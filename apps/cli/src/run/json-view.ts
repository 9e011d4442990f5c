import type { Notice, Peer } from "@spore/node"
import { viewActivity, viewControl, viewExperiment, viewRerun, viewStanding, viewTask } from "@spore/api/views"
import { safeJson } from "../output/plain.ts"
import type { Place, RunEvent, RunView, SeenExperiment } from "./run-event.ts"

/** Least time between two `progress` objects of one worker. */
const PROGRESS_MS = 1_000

/** One JSON object per event and line. `at` is Unix seconds. */
export function createJsonView(print: (line: string) => void, now: () => number): RunView {
  const lastProgress = new Map<number, number>()
  return {
    show: (event) => {
      if (event.type === "progress") {
        const { worker } = event.activity
        if (now() - (lastProgress.get(worker) ?? 0) < PROGRESS_MS) return
        lastProgress.set(worker, now())
      }
      print(safeJson({ type: event.type, at: now() / 1000, ...fieldsOf(event) }))
    },
    close: () => undefined,
  }
}

function fieldsOf(event: RunEvent): object {
  switch (event.type) {
    case "ready": {
      const { status } = event
      return {
        node: status.nodeId,
        version: status.version,
        mode: status.mode,
        data_dir: status.dataDir,
        url: event.url,
        addresses: status.addresses,
        sandbox: status.sandbox,
        notices: status.notices.map(noticeJson),
        place: placeJson(event.place),
        research: event.research,
        recent: event.recent.map(({ row }) => row.id),
      }
    }
    case "started":
    case "progress":
      return viewActivity(event.activity)
    case "experiment":
      return {
        own: event.experiment.own,
        ...comparison(event.experiment),
        experiment: viewExperiment(event.experiment.row),
      }
    case "rerun":
      return { own: event.own, rerun: viewRerun(event.rerun), experiment: viewExperiment(event.experiment.row) }
    case "control":
      return { control: viewControl(event.control), experiment: viewExperiment(event.experiment.row) }
    case "task":
      return { task: viewTask(event.task, null) }
    case "synced":
      return { facts: event.facts }
    case "place":
      return { place: placeJson(event.place), verify_queue: event.verifyQueue, research: event.research }
    case "research_ended":
      return { reason: event.reason, research: event.research }
    case "peer":
      return { change: event.change, peer: peerJson(event.peer) }
    case "peers":
      return { peers: event.peers.map(peerJson), addresses: event.addresses }
    case "notice":
      return noticeJson(event.notice)
    case "notice_over":
      return { code: event.code }
    case "stopped": {
      const { seconds, experiments, kept, reruns, dataDir, place, research } = event.summary
      return { seconds, experiments, kept, reruns, data_dir: dataDir, place: placeJson(place), research }
    }
    case "idle":
      return { worker: event.worker }
    case "stopping":
      return {}
  }
}

function comparison({ taskName, baseline, parentValue }: SeenExperiment): object {
  return { task_name: taskName, baseline, parent_value: parentValue }
}

function placeJson(place: Place | null): object | null {
  if (place === null) return null
  const { task, hardwareClass, standing } = place
  return {
    task: task.id,
    task_name: task.name,
    hardware_class: hardwareClass,
    standing: standing === null ? null : viewStanding(standing),
  }
}

function peerJson({ nodeId, address, direction, connectedAt }: Peer): object {
  return { node: nodeId, address, direction, connected_at: connectedAt / 1000 }
}

function noticeJson({ code, message, next }: Notice): object {
  return { code, message, next }
}
