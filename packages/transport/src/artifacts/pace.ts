/** Lets so many units through in a second, in bursts of a second's worth. */
export interface Pace {
  /** Waits until `units` more may pass. */
  pass(units: number): Promise<void>
}

/** @param now a clock that never goes back, in milliseconds */
export function createPace(perSecond: number, now: () => number = () => performance.now()): Pace {
  let left = perSecond
  let at = now()
  return {
    pass: async (units) => {
      const elapsed = Math.max(0, now() - at)
      at += elapsed
      left = Math.min(perSecond, left + (elapsed * perSecond) / 1000)
      // Taken at once, so that whoever comes next waits longer.
      left -= units
      if (left < 0) await new Promise((resolve) => setTimeout(resolve, (-left * 1000) / perSecond))
    },
  }
}
