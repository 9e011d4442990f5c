import { availableParallelism } from "node:os"
import { Worker } from "node:worker_threads"
import type { SignedMessage } from "./signed-message.ts"
import { layOut, type SharedBatch, UNDECIDED, VALID, verifyShare } from "./verify-batch.node.ts"

/** Checks signatures in batches on threads of their own, and on the calling one whenever it has nothing else to do. */
export interface VerifyThreads {
  /** OpenSSL's verdict on each. A `false` is not final: see signature.ts. */
  verify(batch: readonly SignedMessage[]): Promise<boolean[]>
}

/** More would help nobody: the main thread cannot read envelopes for so many. */
const MAX_THREADS = 8
/** Signatures that the calling thread checks between two turns of its event loop: about a millisecond. */
const SHARE = 6

interface Job {
  readonly batch: SharedBatch
  readonly resolve: (results: boolean[]) => void
}

let shared: VerifyThreads | undefined

/** The threads of this process, started when they are first needed. They keep no process alive. */
export function verifyThreads(): VerifyThreads {
  shared ??= createVerifyThreads(Math.min(MAX_THREADS, Math.max(1, availableParallelism() - 1)))
  return shared
}

function createVerifyThreads(count: number): VerifyThreads {
  const jobs = new Map<number, Job>()
  const workers = new Set<Worker>()
  let nextId = 0
  let isHelping = false

  function settle(): void {
    for (const [id, { batch, resolve }] of jobs) {
      const { states, count: size } = batch
      if (states.subarray(0, size).includes(UNDECIDED)) continue
      jobs.delete(id)
      resolve(Array.from(states, (state) => state === VALID))
    }
    if (jobs.size === 0) for (const worker of workers) worker.unref()
  }

  function start(): void {
    while (workers.size < count) {
      // Each in full: a bundler finds a worker's module by these very words.
      const worker = import.meta.url.endsWith(".ts")
        ? new Worker(new URL("./verify-worker.node.ts", import.meta.url))
        : new Worker(new URL("./verify-worker.node.js", import.meta.url))
      worker.on("message", settle)
      worker.on("error", () => {
        workers.delete(worker)
        takeBack()
      })
      worker.unref()
      workers.add(worker)
    }
  }

  /** What a thread that failed had taken is checked again, by whoever comes first. */
  function takeBack(): void {
    for (const { batch } of jobs.values()) Atomics.store(batch.next, 0, 0)
    help()
  }

  /** Takes a share in every turn of the event loop in which nothing else keeps this thread busy. */
  function help(): void {
    if (isHelping) return
    isHelping = true
    setImmediate(() => {
      isHelping = false
      let left = SHARE
      for (const { batch } of jobs.values()) if (left > 0) left -= verifyShare(batch, left)
      settle()
      if (left < SHARE) help()
    })
  }

  return {
    verify: (messages) =>
      new Promise((resolve) => {
        const batch = layOut(messages)
        jobs.set(nextId++, { batch, resolve })
        start()
        for (const worker of workers) {
          worker.ref()
          // oxlint-disable-next-line require-post-message-target-origin -- a thread, no window
          worker.postMessage(batch.memory)
        }
        help()
      }),
  }
}
