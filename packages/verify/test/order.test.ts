import { seededRandom } from "@spore/records"
import { shuffled } from "@spore/testkit"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { anchoredTrust, createVerdicts } from "../src/index.ts"
import { exact, measured, noisy, stateOf, timed } from "./scene.ts"

const KEYS = ["author", "bob", "carol", "dan", "eve"]
const run = fc.record({
  key: fc.constantFrom(...KEYS),
  score: fc.option(fc.double({ min: -3, max: 3, noNaN: true })),
  kind: fc.constantFrom("verification" as const, "challenge_response" as const, "experiment" as const),
  replicate: fc.nat(2),
})
const states = fc.array(fc.record({ runs: fc.array(run, { maxLength: 6 }), challenged: fc.boolean() }), {
  maxLength: 12,
})

describe.each([
  ["open/1", createVerdicts()],
  ["anchored/1", createVerdicts({ trust: anchoredTrust({ anchors: new Set(["bob"]) }) })],
])("verdicts under %s", (_, verdicts) => {
  it.each([
    ["exact", exact],
    ["noisy", noisy],
    ["own-baseline", timed],
  ])("of %s replay do not depend on the order in which states come", (_mode, task) => {
    fc.assert(
      fc.property(states, fc.nat(), (made, seed) => {
        const facts = made.map(({ runs, challenged }, n) => {
          const measurements = runs.map(({ key, score, kind, replicate }, i) =>
            measured(
              kind === "experiment" && i === 0 ? "claim" : `${n} ${i}`,
              key,
              score,
              kind,
              kind === "experiment" ? 0 : replicate,
            ),
          )
          const evidence = measurements.map(({ id }) => id)
          return stateOf(measurements, { code: `c${n}`, baseline: n === 0, ...(challenged ? { evidence } : {}) })
        })
        const judged = verdicts.judge(task, facts)
        const byCode = new Map(facts.map((state, i) => [state.code, judged[i]]))
        const mixed = shuffled(seededRandom(seed), facts)
        const again = verdicts.judge(task, mixed)
        mixed.forEach((state, i) => expect(again[i]).toEqual(byCode.get(state.code)))
      }),
      { numRuns: 150 },
    )
  })
})
