import type { Clock } from "@spore/records"

export interface RateLimiterInit {
  /** What a key may spend at once, and in every period on average. */
  quota: number
  periodMs: number
  clock: Clock
  /** Keys remembered; beyond, the one used longest ago is forgotten and begins anew. */
  maxKeys: number
}

/** How much each key spends over time: bursts up to the quota, and a steady rate of a quota per period. */
export interface RateLimiter {
  /** Spends `cost` (1 by default) where the key has that much left; else nothing is spent. */
  allows(key: string, cost?: number): boolean
}

/**
 * A limiter by GCRA: of each key one number is kept, the time at which it will have its whole quota again. What a key
 * may still spend is that time's distance to one period from now.
 */
export function createRateLimiter({ quota, periodMs, clock, maxKeys }: RateLimiterInit): RateLimiter {
  const msPerUnit = periodMs / quota
  const fullAt = new Map<string, number>()

  return {
    allows: (key, cost = 1) => {
      const now = clock.now()
      const known = fullAt.get(key) ?? now
      // Further ahead than a period only where the clock was set back: the key begins anew.
      const before = known > now + periodMs ? now : Math.max(known, now)
      const after = before + cost * msPerUnit
      if (after - now > periodMs) return false
      // Written anew, so that the first key is the one used longest ago.
      fullAt.delete(key)
      fullAt.set(key, after)
      const [longestAgo] = fullAt.keys()
      if (fullAt.size > maxKeys && longestAgo !== undefined) fullAt.delete(longestAgo)
      return true
    },
  }
}
