import { manualClock } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { createConduct } from "../src/conduct.ts"

describe("a peer's conduct", () => {
  it("is without blame at first, and half restored after a minute", () => {
    const clock = manualClock()
    const conduct = createConduct(clock)
    expect(conduct.score("a")).toBe(0)
    conduct.blame("a", 40)
    expect(conduct.score("a")).toBe(-40)
    clock.advance(60_000)
    expect(conduct.score("a")).toBeCloseTo(-20)
    expect(conduct.score("b")).toBe(0)
  })

  it("adds up until the peer is shunned, and is forgiven in time", () => {
    const clock = manualClock()
    const conduct = createConduct(clock)
    conduct.blame("a", 25)
    expect(conduct.shuns("a")).toBe(false)
    conduct.blame("a", 25)
    expect(conduct.shuns("a")).toBe(true)
    clock.advance(30_000)
    expect(conduct.shuns("a")).toBe(false)
  })

  it("is told of once each time it has fallen so low", () => {
    const clock = manualClock()
    const shunned: string[] = []
    const conduct = createConduct(clock, (peer) => shunned.push(peer))
    conduct.blame("a", 49)
    expect(shunned).toEqual([])
    for (let i = 0; i < 5; i++) conduct.blame("a", 1)
    expect(shunned).toEqual(["a"])
    clock.advance(600_000)
    conduct.blame("a", 50)
    expect(shunned).toEqual(["a", "a"])
  })

  it("does not get better or worse by a clock that is set back", () => {
    const clock = manualClock()
    const conduct = createConduct(clock)
    conduct.blame("a", 30)
    clock.advance(-3_600_000)
    expect(conduct.score("a")).toBe(-30)
  })

  it("is remembered of a bounded number of peers, of those blamed last", () => {
    const conduct = createConduct(manualClock())
    for (let i = 0; i < 10_001; i++) conduct.blame(`${i}`, 1)
    expect(conduct.score("0")).toBe(0)
    expect(conduct.score("1")).toBe(-1)
    expect(conduct.score("10000")).toBe(-1)
  })
})
