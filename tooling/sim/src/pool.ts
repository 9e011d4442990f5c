import { availableParallelism } from "node:os"
import { Worker } from "node:worker_threads"
import type { Cell } from "./block.ts"

/** A block by its place in a simulation, so that a thread can find it. */
export interface BlockRequest {
  readonly simulation: string
  readonly table: string
  readonly block: string
  readonly scale: number
  readonly seed: number
}

/** Simulates blocks on all processors; the answers are in the order of the requests. */
export async function simulate(requests: readonly BlockRequest[], onDone: () => void): Promise<Cell[][]> {
  const waiting = requests.entries()
  const answers: Cell[][] = []
  const lane = async (): Promise<void> => {
    const worker = new Worker(new URL("block-worker.ts", import.meta.url))
    try {
      for (const [i, request] of waiting) {
        answers[i] = await ask(worker, request)
        onDone()
      }
    } finally {
      await worker.terminate()
    }
  }
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), requests.length) }, lane))
  return answers
}

function ask(worker: Worker, request: BlockRequest): Promise<Cell[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Cell[]>()
  worker.once("error", reject)
  worker.once("message", (cells: Cell[]) => {
    worker.off("error", reject)
    resolve(cells)
  })
  // oxlint-disable-next-line require-post-message-target-origin -- a thread, no window
  worker.postMessage(request)
  return promise
}
