import type { SupervisorEvent } from "@spore/operator/supervise"
import { formatDuration } from "../output/format.ts"
import { plain } from "../output/plain.ts"

/** An event of a supervisor for people, in one line; what programs said of themselves comes last. */
export function eventWords(event: SupervisorEvent): string {
  const { version } = event
  switch (event.type) {
    case "started":
      return event.attempt === null
        ? `version ${version} started, process ${event.pid}`
        : `version ${version} started on trial, process ${event.pid}, attempt ${event.attempt}`
    case "phase":
      return `version ${version} starts: ${plain(event.phase)}`
    case "healthy":
      return `version ${version} is healthy`
    case "not_understood":
      return `version ${version} sent its supervisor what that does not understand`
    case "accepted":
      return `updated to version ${version}`
    case "rejected":
      return `version ${version} does not work here and was undone: ${plain(event.reason)}`
    case "not_tried":
      return `version ${plain(version)} was not tried: ${plain(event.reason)}`
    case "not_recorded":
      return `what came of version ${version} could not be recorded: ${plain(event.reason)}`
    case "crashed":
      return `the node crashed: ${plain(event.reason)}`
    case "passed_over":
      return `version ${version} does not start here, and ${event.instead} runs instead: ${plain(event.reason)}`
    case "restarting":
      return `the node is started again in ${formatDuration(event.pause / 1000)}, for the ${event.crashes}. time`
    case "killed":
      return `the node did not end within ${formatDuration(event.waited / 1000)} and was killed`
  }
}
