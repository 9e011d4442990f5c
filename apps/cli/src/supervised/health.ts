import { setTimeout as delay } from "node:timers/promises"
import { createSporeClient } from "@spore/api/client"
import { askNode, dataPaths, findRunning } from "@spore/node/local"

const ANSWER_MS = 10_000
const PAUSE_MS = 1_000

export interface HealthInit {
  dataDir: string
  /** Whether the node has its control socket: where the file system has none, every version runs without. */
  hasControl: () => boolean
  /** Gives up. */
  signal: AbortSignal
  /** Told of each look that failed. */
  onFailure: (error: unknown) => void
}

/**
 * Waits until the node of this process is what an update must come to: its own API answers out of its database, and
 * its control socket takes commands. False where it was given up.
 */
export async function untilHealthy(init: HealthInit): Promise<boolean> {
  const { signal, onFailure } = init
  while (!signal.aborted) {
    try {
      await checkHealth(init)
      return true
    } catch (error) {
      if (!signal.aborted) onFailure(error)
    }
    await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined)
  }
  return false
}

async function checkHealth({ dataDir, hasControl, signal }: HealthInit): Promise<void> {
  const ending = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
  const running = await findRunning(dataPaths(dataDir).running)
  if (running?.pid !== process.pid || running.url === null) throw new Error("the folder is not announced as held")
  const { node } = await createSporeClient(running.url).status(ending)
  if (!hasControl()) return
  const pinged = await askNode(dataDir, { op: "ping" }, ending)
  if (pinged !== node) throw new Error("another node answers on the control socket")
}
