import type { NodeStatus } from "@spore/api/client"
import { dataPaths, findRunning, type Running } from "@spore/node/local"

const TIMEOUT_MS = 2_000

/** A running node, with what it says about itself; `status` is null where its API does not answer in time. */
export interface LiveNode {
  readonly running: Running
  readonly status: NodeStatus | null
}

/** Asks the node that runs on a data folder; null where none does. */
export async function askRunning(dataDir: string): Promise<LiveNode | null> {
  const running = await findRunning(dataPaths(dataDir).running)
  if (running === null) return null
  if (running.url === null) return { running, status: null }
  // Loaded for a node that runs only: it takes a tenth of a short command's time.
  const { askStatus } = await import("./ask-status.ts")
  try {
    return { running, status: await askStatus(running.url, AbortSignal.timeout(TIMEOUT_MS)) }
  } catch {
    // Starting, stopping, or busy: the facts can be shown all the same.
    return { running, status: null }
  }
}
