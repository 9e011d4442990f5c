import { manualClock } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { createRateLimiter, type RateLimiter } from "../src/rates.ts"

const setUp = (init: { quota?: number; maxKeys?: number } = {}) => {
  const clock = manualClock()
  return { clock, limiter: createRateLimiter({ quota: 10, periodMs: 1000, clock, maxKeys: 100, ...init }) }
}

/** How often a key is allowed to spend 1 before it is refused. */
function burst(limiter: RateLimiter, key: string): number {
  let count = 0
  while (count < 1000 && limiter.allows(key)) count++
  return count
}

describe("a rate limiter", () => {
  it("allows the quota at once, then one at a time as the period passes", () => {
    const { clock, limiter } = setUp()
    expect(burst(limiter, "a")).toBe(10)
    clock.advance(99)
    expect(burst(limiter, "a")).toBe(0)
    clock.advance(1)
    expect(burst(limiter, "a")).toBe(1)
    clock.advance(500)
    expect(burst(limiter, "a")).toBe(5)
    clock.advance(3_600_000)
    expect(burst(limiter, "a")).toBe(10)
  })

  it("counts each key by itself", () => {
    const { limiter } = setUp()
    expect(burst(limiter, "a")).toBe(10)
    expect(burst(limiter, "b")).toBe(10)
  })

  it("takes costs of any size, and nothing for what it refuses", () => {
    const { clock, limiter } = setUp()
    expect(limiter.allows("a", 11)).toBe(false)
    expect(limiter.allows("a", 7)).toBe(true)
    expect(limiter.allows("a", 4)).toBe(false)
    expect(limiter.allows("a", 3)).toBe(true)
    clock.advance(250)
    expect(limiter.allows("a", 2.5)).toBe(true)
  })

  it("begins anew when the clock is set back, so that nobody waits for it", () => {
    const { clock, limiter } = setUp()
    burst(limiter, "a")
    clock.advance(-86_400_000)
    expect(burst(limiter, "a")).toBe(10)
    expect(limiter.allows("a")).toBe(false)
  })

  it("remembers a bounded number of keys, those used last", () => {
    const { limiter } = setUp({ maxKeys: 2 })
    burst(limiter, "a")
    burst(limiter, "b")
    expect(limiter.allows("c")).toBe(true)
    expect(limiter.allows("b")).toBe(false)
    expect(limiter.allows("a")).toBe(true)
  })
})
