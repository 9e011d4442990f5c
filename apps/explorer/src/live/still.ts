import type { Live, LiveState } from "./live.ts"

/** In a copy nothing happens. */
export function createStill(): Live {
  const state: LiveState = { connection: "paused", lostAt: null, arrivals: new Map(), facts: new Map() }
  return {
    getState: () => state,
    subscribe: () => () => undefined,
    start: () => () => undefined,
    retry: () => undefined,
  }
}
