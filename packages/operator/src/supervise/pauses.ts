import type { SupervisorLimits } from "./limits.ts"

/** The pauses before restarts: each twice as long as the one before, until the program was healthy for a while. */
export interface Pauses {
  /** The next one, in milliseconds, after a run that was healthy for so long. */
  next(healthyFor: number): number
  /** Restarts since the program was last steady. */
  readonly count: () => number
}

export function createPauses(limits: Pick<SupervisorLimits, "firstPause" | "longestPause" | "steady">): Pauses {
  let count = 0
  return {
    next: (healthyFor) => {
      if (healthyFor >= limits.steady) count = 0
      const pause = Math.min(limits.firstPause * 2 ** count, limits.longestPause)
      count += 1
      return pause
    },
    count: () => count,
  }
}
