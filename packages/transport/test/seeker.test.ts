import { seededRandom, silentLogger } from "@spore/records"
import { manualClock, testIdentity } from "@spore/testkit"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { HOME_LIMITS } from "../src/index.ts"
import { createAddressBook } from "../src/peers/address-book.ts"
import { createSeeker } from "../src/peers/seeker.ts"

const addresses = Array.from({ length: 40 }, (_, n) => `/ip4/8.8.${n}.1/tcp/7470/p2p/${testIdentity(n + 1).nodeId}`)

/** A seeker over 40 addresses; each dial takes a second. */
function setUp(isUp: (address: string) => boolean) {
  const clock = manualClock()
  const shared = { limits: HOME_LIMITS, clock, log: silentLogger }
  const book = createAddressBook({ ...shared, storage: undefined, lan: false, random: seededRandom(1) })
  for (const address of addresses) book.told(address)
  const dials: { address: string; at: number }[] = []
  const connected = new Set<string>()
  let most = 0
  let running = 0
  let shortages = 0
  const start = clock.now()
  const seeker = createSeeker({
    ...shared,
    book,
    dial: async (address) => {
      dials.push({ address, at: clock.now() - start })
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 1000))
      running--
      if (!isUp(address)) throw new Error("nobody there")
      connected.add(address)
    },
    isWanted: (address) => !connected.has(address),
    outbound: () => connected.size,
    onShort: () => shortages++,
  })
  return {
    seeker,
    book,
    dials,
    connected,
    most: () => most,
    shortages: () => shortages,
    pass: async (seconds: number) => {
      for (let i = 0; i < seconds; i++) {
        clock.advance(1000)
        await vi.advanceTimersByTimeAsync(1000)
      }
    },
  }
}

describe("seeking peers", () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it("dials a few at a time and per minute, and no address again before its pause", async () => {
    const { seeker, dials, most, pass } = setUp(() => false)
    seeker.start()
    await pass(300)
    expect(most()).toBe(3)
    for (const { at } of dials) {
      expect(dials.filter((dial) => dial.at >= at && dial.at < at + 60_000).length).toBeLessThanOrEqual(12)
    }
    expect(dials.length).toBeGreaterThan(40)
    for (const address of addresses) {
      const times = dials.filter((dial) => dial.address === address).map(({ at }) => at)
      for (const [i, at] of times.slice(1).entries()) expect(at - (times[i] ?? 0)).toBeGreaterThanOrEqual(30_000)
    }
    seeker.stop()
  })

  it("gives up on others' word for good, so that a lie is dialled four times at most", async () => {
    const { seeker, book, dials, pass } = setUp(() => false)
    seeker.start()
    await pass(3600)
    expect(book.list()).toEqual([])
    expect(dials).toHaveLength(160)
    seeker.stop()
  })

  it("stops at enough connections, and goes on when one is lost", async () => {
    const { seeker, book, dials, connected, shortages, pass } = setUp(() => true)
    seeker.start()
    await pass(120)
    expect(connected.size).toBe(8)
    expect(dials).toHaveLength(8)
    expect(book.list().filter(({ source }) => source === "seen")).toHaveLength(8)
    const before = shortages()
    await pass(60)
    expect(shortages()).toBe(before)
    connected.delete(dials[0]?.address ?? "")
    await pass(10)
    expect(dials).toHaveLength(9)
    // Where a peer was met comes before others' word.
    expect(dials[8]?.address).toBe(dials[0]?.address)
    seeker.stop()
    connected.clear()
    await pass(60)
    expect(dials).toHaveLength(9)
  })
})
