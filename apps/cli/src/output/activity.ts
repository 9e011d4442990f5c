import type { Activity } from "@spore/api/client"
import { formatDuration } from "./format.ts"

/** What a node runs now and how far it is. */
export function activityLine({ kind, title, task_name, progress }: Activity): string {
  const what = `${kind === "experiment" ? "experiment" : "rerun"} "${title}" of ${task_name}`
  if (progress === null) return what
  const left = progress.remaining_seconds === null ? "" : `, ${formatDuration(progress.remaining_seconds)} left`
  return `${what}, ${Math.floor(progress.fraction * 100)} % done${left}`
}
