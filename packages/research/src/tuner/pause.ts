import { setImmediate } from "node:timers/promises"

/** Milliseconds of work in one piece. */
const PIECE_MS = 15

/**
 * Lets others have the thread between pieces of a long computation: what is awaited often, and mostly returns at once.
 *
 * @throws the signal's reason once it is aborted
 */
export function createPause(signal: AbortSignal): () => Promise<void> {
  let begun = performance.now()
  return async () => {
    if (performance.now() - begun < PIECE_MS) return
    await setImmediate()
    signal.throwIfAborted()
    begun = performance.now()
  }
}
