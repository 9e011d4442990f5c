import { setTimeout as delay } from "node:timers/promises"

/** Calls under way at once where no rate is asked for. */
const LANES = 8

/** Milliseconds of the machine's monotonic clock: the same in all its processes. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

export interface Pace {
  /** Null: as fast as it goes. */
  perSecond: number | null
  /** Before the first. */
  afterMs?: number
}

/** Works on all items at a steady rate, beginning after a while, or as fast as it can be done; gives when each was begun. */
export async function paced<T>(
  items: readonly T[],
  { perSecond, afterMs = 0 }: Pace,
  work: (item: T) => Promise<void>,
): Promise<number[]> {
  const begun: number[] = []
  if (perSecond === null) {
    const waiting = items.entries()
    const lane = async (): Promise<void> => {
      for (const [i, item] of waiting) {
        begun[i] = now()
        await work(item)
      }
    }
    await Promise.all(Array.from({ length: LANES }, lane))
    return begun
  }
  const start = now() + afterMs
  const working: Promise<void>[] = []
  for (const [i, item] of items.entries()) {
    await delay(Math.max(0, start + (i * 1000) / perSecond - now()))
    begun.push(now())
    working.push(work(item))
  }
  await Promise.all(working)
  return begun
}
