import { expect, it } from "vitest"
import { createStandings } from "../src/sync/standings.ts"

const RESULT = { received: 0, sent: 0, tasks: false, isFinished: true }

it("counts what sessions exchanged, and keeps why the last one failed until one ends well", () => {
  let now = 1000
  const standings = createStandings({ now: () => now })
  standings.began("a")
  standings.began("a")
  expect(standings.of("a").sync).toMatchObject({ running: true, syncedAt: null })
  standings.ended("a", { ...RESULT, received: 3, sent: 1, isFinished: false })
  expect(standings.of("a").sync).toMatchObject({ running: true, syncedAt: 1000, complete: false, received: 3, sent: 1 })
  standings.failed("a", "timed_out")
  // What is known of the last good session stays.
  expect(standings.of("a").sync).toMatchObject({ running: false, syncedAt: 1000, failure: "timed_out", received: 3 })
  now = 2000
  standings.began("a")
  standings.ended("a", { ...RESULT, received: 4 })
  standings.heard("a", { tasks: 1, facts: 9 })
  expect(standings.of("a")).toEqual({
    carries: { tasks: 1, facts: 9 },
    sync: { running: false, syncedAt: 2000, complete: true, received: 7, sent: 1, failure: null },
  })
})

it("keeps nothing of peers that left", () => {
  const standings = createStandings({ now: () => 1 })
  for (const peer of ["a", "b"]) {
    standings.began(peer)
    standings.ended(peer, RESULT)
  }
  standings.keep(new Set(["b"]))
  expect(standings.of("a").sync.syncedAt).toBe(null)
  expect(standings.of("b").sync.syncedAt).toBe(1)
})
