import { setTimeout as delay } from "node:timers/promises"

export interface UntilOptions {
  /** Gives up after this long. */
  timeoutMs?: number
  /** Pause between two looks. */
  intervalMs?: number
  /** What is waited for, for the error message. */
  what?: string
}

type Empty = false | null | undefined

/**
 * Looks again and again until `condition` gives something other than false, null or undefined, and returns that.
 * A condition that throws counts as not met yet.
 *
 * @throws Error when the time is over, with the condition's last error as its cause
 */
export async function until<T>(
  condition: () => T | Empty | Promise<T | Empty>,
  { timeoutMs = 20_000, intervalMs = 20, what = "the condition" }: UntilOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    let cause: unknown
    try {
      const value = await condition()
      if (value !== false && value !== null && value !== undefined) return value
    } catch (error) {
      cause = error
    }
    if (performance.now() >= deadline) {
      const reason = cause instanceof Error ? `: ${cause.message}` : ""
      throw new Error(`${what} was not met within ${timeoutMs} ms${reason}`, { cause })
    }
    await delay(intervalMs)
  }
}
