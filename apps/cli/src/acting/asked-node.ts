import type { Activity } from "@spore/api/client"
import type { ControlRequest } from "@spore/node/local"
import { commandNode } from "../folder/control.ts"
import { askRunning } from "../folder/live.ts"

const LOOK_MS = 1_000

/**
 * Has the running node do something that takes its time; gives what it answers.
 *
 * @param onActivities what the node does meanwhile, about once a second
 * @throws SporeError `control_unavailable` and whatever keeps the node from doing it
 */
export async function actThere(
  dataDir: string,
  request: ControlRequest,
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
    return (await commandNode(dataDir, request, signal)) ?? ""
  } finally {
    clearInterval(timer)
  }
}
