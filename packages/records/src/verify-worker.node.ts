/** A thread that checks signatures of batches sent to it (verify-threads.node.ts), and says when it took its share. */
import { parentPort } from "node:worker_threads"
import { readBatch, verifyShare } from "./verify-batch.node.ts"

parentPort?.on("message", (memory: SharedArrayBuffer) => {
  verifyShare(readBatch(memory), Number.POSITIVE_INFINITY)
  // oxlint-disable-next-line require-post-message-target-origin -- a thread's port, no window
  parentPort?.postMessage(null)
})
