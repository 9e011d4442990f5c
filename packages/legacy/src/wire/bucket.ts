import { setTimeout as delay } from "node:timers/promises"

/** So many at once, and so many per second after that. */
export interface Bucket {
  /** Takes what is there; false, and nothing taken, where it is not enough. */
  tryTake(count: number): boolean
  /** Takes, going into debt, and waits until the debt is paid off. */
  take(count: number, signal: AbortSignal): Promise<void>
}

/** @param now milliseconds of a clock that only goes forward */
export function createBucket(burst: number, perSecond: number, now: () => number = () => performance.now()): Bucket {
  let level = burst
  let at = now()

  function refill(): void {
    const time = now()
    level = Math.min(burst, level + ((time - at) / 1000) * perSecond)
    at = time
  }

  return {
    tryTake: (count) => {
      refill()
      if (level < count) return false
      level -= count
      return true
    },
    take: async (count, signal) => {
      refill()
      level -= count
      if (level < 0) await delay((-level / perSecond) * 1000, undefined, { signal })
    },
  }
}
