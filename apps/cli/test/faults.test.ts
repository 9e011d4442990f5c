import type { Notice } from "@spore/node"
import { silentLogger, SporeError } from "@spore/records"
import { expect, test } from "vitest"
import { createFaults, type Faults } from "../src/run/faults.ts"

const T0 = Date.UTC(2026, 0, 1, 12)

function scene(): { faults: Faults; notices: Map<string, Notice>; logged: string[]; pass(seconds: number): void } {
  const notices = new Map<string, Notice>()
  const logged: string[] = []
  let now = T0
  const faults = createFaults({
    clock: { now: () => now },
    log: { ...silentLogger, error: (fields) => void logged.push(JSON.stringify(fields)) },
    report: (notice) => void notices.set(notice.code, notice),
    retract: (code) => void notices.delete(code),
  })
  return { faults, notices, logged, pass: (seconds) => (now += 1000 * seconds) }
}

test("an error that escaped every handler is logged with its stack, counted and shown, and the node goes on", () => {
  const { faults, notices, logged, pass } = scene()
  expect(faults.note(new Error("a peer's stream"))).toBeNull()
  pass(5)
  expect(faults.note("no error at all")).toBeNull()
  expect(logged[0]).toContain("faults.test.ts")
  expect([...notices.values()]).toEqual([
    {
      code: "unexpected_error",
      message: "2 unexpected errors since 12:00:00Z; the node goes on. The last one: no error at all",
      next: "spore logs",
    },
  ])
  faults.stop()
})

test("ten within a minute end the run, and nine a minute never do", () => {
  const { faults, pass } = scene()
  for (let i = 0; i < 90; i++) {
    expect(faults.note(new Error(`${i}`))).toBeNull()
    pass(60 / 9)
  }
  const storm = Array.from({ length: 10 }, (_, i) => faults.note(new Error(`storm ${i}`)))
  expect(storm.findIndex((end) => end !== null)).toBeLessThan(10)
  expect(storm.at(-1)).toMatchObject({ message: "storm 9" })
  faults.stop()
})

test("a database that says it is damaged ends the run", () => {
  const { faults, notices } = scene()
  const damaged = new SporeError("database_damaged", "the database is damaged")
  expect(faults.note(damaged)).toBe(damaged)
  expect(notices.size).toBe(0)
})
