import type { Activity } from "@spore/api/client"
import { commandNode } from "../folder/control.ts"
import { askRunning } from "../folder/live.ts"

const LOOK_MS = 1_000

/**
 * Has the running node rerun an experiment next; gives the id of the record it published.
 *
 * @param onActivities what the node does meanwhile, about once a second
 * @throws SporeError `control_unavailable` and whatever keeps the node from running it
 */
export async function rerunThere(
  dataDir: string,
  experiment: string,
  signal: AbortSignal,
  onActivities: (activities: readonly Activity[]) => void,
): Promise<string> {
  let looking = false
  const look = async (): Promise<void> => {
    if (looking) return
    looking = true
    const live = await askRunning(dataDir)
    looking = false
    if (live !== null && live.status !== null) onActivities(live.status.activities)
  }
  const timer = setInterval(() => void look(), LOOK_MS)
  try {
    return (await commandNode(dataDir, { op: "verify", experiment }, signal)) ?? ""
  } finally {
    clearInterval(timer)
  }
}
