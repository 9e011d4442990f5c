import type { PrepareOptions } from "./environment.ts"

/** Work that several may wait for, done once for all who ask meanwhile. */
export interface SharedWork<T> {
  /**
   * Begins the work, or joins the one that is under way under this key. Lines go to everyone who waits. Who gives up
   * stops waiting at once; the work itself is given up when nobody waits any more.
   */
  join(key: string, options: PrepareOptions, work: (options: PrepareOptions) => Promise<T>): Promise<T>
}

interface Running<T> {
  readonly waiting: Set<PrepareOptions>
  readonly abort: AbortController
  readonly result: Promise<T>
}

/** @param aborted makes the error of who gave up */
export function createSharedWork<T>(aborted: () => Error): SharedWork<T> {
  const running = new Map<string, Running<T>>()

  function begin(key: string, work: (options: PrepareOptions) => Promise<T>): Running<T> {
    const waiting = new Set<PrepareOptions>()
    const abort = new AbortController()
    const result = work({
      signal: abort.signal,
      onLine: (line) => {
        for (const { onLine } of waiting) onLine?.(line)
      },
    }).finally(() => {
      if (running.get(key)?.abort === abort) running.delete(key)
    })
    const begun = { waiting, abort, result }
    running.set(key, begun)
    return begun
  }

  return {
    join: async (key, options, work) => {
      const { signal } = options
      if (signal?.aborted === true) throw aborted()
      const { waiting, abort, result } = running.get(key) ?? begin(key, work)
      const own = { ...options }
      waiting.add(own)
      const gaveUp = Promise.withResolvers<never>()
      const giveUp = (): void => {
        waiting.delete(own)
        if (waiting.size > 0) gaveUp.reject(aborted())
        else {
          running.delete(key)
          abort.abort()
        }
      }
      signal?.addEventListener("abort", giveUp, { once: true })
      try {
        return await Promise.race([result, gaveUp.promise])
      } finally {
        signal?.removeEventListener("abort", giveUp)
        waiting.delete(own)
      }
    },
  }
}
