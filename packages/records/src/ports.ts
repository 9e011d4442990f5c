/** Time, injected so that tests and the simulator can run on virtual time. */
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number
}

/** Randomness, injected for the same reason. */
export interface Random {
  /** A number from 0 up to but not including 1. */
  next(): number
}

export const systemClock: Clock = { now: () => Date.now() }
export const systemRandom: Random = { next: () => Math.random() }

/** What is dated further ahead of the clock than this is dropped without blame, and comes again in its time. */
export const MAX_AHEAD_SECONDS = 600

/** The clock in whole Unix seconds, as records carry time. */
export function unixSeconds(clock: Clock): number {
  return Math.floor(clock.now() / 1000)
}

/** A seeded generator (mulberry32): the same seed gives the same numbers on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return {
    next: () => {
      state = (state + 0x6d2b79f5) >>> 0
      let t = Math.imul(state ^ (state >>> 15), state | 1)
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296
    },
  }
}

/** Where a package writes what an operator may want to read. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
