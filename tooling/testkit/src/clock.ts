import type { Clock } from "@spore/records"

/** Unix seconds at which test clocks and test records begin: 2025-10-09T08:53:20Z. */
export const TEST_EPOCH = 1_760_000_000

/** A clock that moves only when told. */
export interface ManualClock extends Clock {
  /** Moves on by `milliseconds`. */
  advance(milliseconds: number): void
  /** Jumps to a Unix time in milliseconds, back as well as on. */
  set(unixMilliseconds: number): void
}

/** A clock that stands at `start`, Unix milliseconds. */
export function manualClock(start: number = TEST_EPOCH * 1000): ManualClock {
  let now = start
  return {
    now: () => now,
    advance: (milliseconds) => {
      now += milliseconds
    },
    set: (unixMilliseconds) => {
      now = unixMilliseconds
    },
  }
}
