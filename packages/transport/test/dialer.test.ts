import { seededRandom, silentLogger } from "@spore/records"
import { manualClock } from "@spore/testkit"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { createDialer, type Dialer } from "../src/peers/dialer.ts"
import { transportError } from "../src/errors.ts"

const ADDRESS = "192.0.2.1:7470"

/** A dialer with one target: when it dialled, in milliseconds from the start, and what the next dials do. */
function setUp(): {
  dialer: Dialer
  dials: number[]
  peer: { isUp: boolean; isConnected: boolean }
  pass: (ms: number) => Promise<void>
} {
  const clock = manualClock(0)
  const dials: number[] = []
  const peer = { isUp: false, isConnected: false }
  const dialer = createDialer({
    dial: async () => {
      dials.push(clock.now())
      if (!peer.isUp) throw transportError("dial_failed", "nobody there")
      peer.isConnected = true
      return "peer"
    },
    close: async () => {
      peer.isConnected = false
    },
    isConnected: () => peer.isConnected,
    clock,
    random: seededRandom(1),
    log: silentLogger,
    minMs: 1000,
    maxMs: 300_000,
  })
  return {
    dialer,
    dials,
    peer,
    pass: async (ms) => {
      for (let passed = 0; passed < ms; passed += 100) {
        clock.advance(100)
        await vi.advanceTimersByTimeAsync(100)
      }
    },
  }
}

describe("keeping a peer", () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it("dials at once, then ever more slowly up to the longest pause, and never in step", async () => {
    const { dialer, dials, pass } = setUp()
    dialer.keep(ADDRESS)
    await pass(3_600_000)
    const pauses = dials.slice(1).map((at, i) => at - (dials[i] ?? 0))
    expect(dials[0]).toBe(0)
    for (const [i, pause] of pauses.entries()) {
      const longest = Math.min(300_000, 1000 * 2 ** i)
      expect(pause).toBeGreaterThanOrEqual(longest / 2 - 100)
      expect(pause).toBeLessThanOrEqual(longest + 100)
    }
    expect(pauses.length).toBeGreaterThan(15)
    expect(new Set(pauses.slice(-5)).size).toBeGreaterThan(1)
    dialer.stop()
  })

  it("begins with the shortest pause again after a connection that held", async () => {
    const { dialer, dials, peer, pass } = setUp()
    dialer.keep(ADDRESS)
    await pass(60_000)
    peer.isUp = true
    await pass(120_000)
    expect(peer.isConnected).toBe(true)
    const before = dials.length
    await pass(60_000)
    expect(dials).toHaveLength(before)
    peer.isConnected = false
    dialer.lost("peer")
    await pass(1100)
    expect(dials).toHaveLength(before + 1)
    expect(peer.isConnected).toBe(true)
    dialer.stop()
  })

  it("goes on slowing down where the peer drops every connection at once", async () => {
    const { dialer, dials, peer, pass } = setUp()
    peer.isUp = true
    dialer.keep(ADDRESS)
    for (let i = 0; i < 600; i++) {
      await pass(1000)
      if (!peer.isConnected) continue
      peer.isConnected = false
      dialer.lost("peer")
    }
    expect(dials.length).toBeGreaterThan(5)
    expect(dials.length).toBeLessThan(15)
    dialer.stop()
  })

  it("keeps an address that was reached by hand, and dials nothing after it was stopped", async () => {
    const { dialer, dials, peer, pass } = setUp()
    peer.isConnected = true
    dialer.reached(ADDRESS, "peer")
    await pass(10_000)
    expect(dials).toEqual([])
    peer.isConnected = false
    dialer.lost("another peer")
    await pass(10_000)
    expect(dials).toEqual([])
    dialer.lost("peer")
    await pass(1100)
    expect(dials).toHaveLength(1)
    dialer.stop()
    await pass(600_000)
    expect(dials).toHaveLength(1)
  })
})
