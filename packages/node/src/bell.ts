/** Wakes one who waits; a ring that nobody waited for is heard by the next. */
export interface Bell {
  ring(): void
  /** Until it rings, or for so many milliseconds. */
  wait(ms?: number): Promise<void>
}

export function createBell(): Bell {
  let hasRung = false
  let wake: (() => void) | null = null
  return {
    ring: () => {
      hasRung = true
      wake?.()
    },
    wait: async (ms) => {
      if (!hasRung) {
        const { promise, resolve } = Promise.withResolvers<void>()
        const timer = ms === undefined ? null : setTimeout(resolve, ms)
        wake = resolve
        await promise
        if (timer !== null) clearTimeout(timer)
        wake = null
      }
      hasRung = false
    },
  }
}
