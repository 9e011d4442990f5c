import type { Activity } from "@spore/api/client"
import { formatDuration } from "./format.ts"

/** What one of a node's workers does now, and how far it is. */
export function activityLine({ kind, title, task_name, progress, started_at }: Activity): string {
  if (kind === "proposal") {
    return `asking ${title} what to try on ${task_name}, ${formatDuration(Date.now() / 1000 - started_at)} so far`
  }
  const what = `${kind === "experiment" ? "experiment" : "rerun"} "${title}" of ${task_name}`
  if (progress === null) return what
  const left = progress.remaining_seconds === null ? "" : `, ${formatDuration(progress.remaining_seconds)} left`
  return `${what}, ${Math.floor(progress.fraction * 100)} % done${left}`
}
