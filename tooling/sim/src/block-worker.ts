/** A thread that simulates the blocks it is asked for (pool.ts). */
import { parentPort } from "node:worker_threads"
import type { BlockRequest } from "./pool.ts"
import { runBlock } from "./simulations.ts"

parentPort?.on("message", (request: BlockRequest) => {
  // oxlint-disable-next-line require-post-message-target-origin -- a thread's port, no window
  parentPort?.postMessage(runBlock(request))
})
