import type { Measurement, Outcome, StateFacts } from "@spore/records"
import { makeTask, testIdentity } from "@spore/testkit"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createVerdicts } from "../src/index.ts"

const verdicts = createVerdicts()
const exact = makeTask(testIdentity(1), {
  metric: { goal: "minimize", minEffect: 0.1, min: null, max: null },
  replay: { mode: "exact", absTol: 0.001, relTol: 0, replicates: 1, seeds: [7] },
}).body
const noisy = makeTask(testIdentity(1), {
  replay: { mode: "noisy", absTol: 0, relTol: 0, replicates: 1, seeds: [], maxNoise: 1 },
  budget: { type: "steps" },
}).body

const claim = measurement("a0", "author", 1, "experiment")

function measurement(
  id: string,
  key: string,
  score: number | null,
  kind: Measurement["kind"] = "verification",
  replicate = 0,
): Measurement {
  const outcome: Outcome = score === null ? "crash" : "ok"
  return { id, key, kind, outcome, scores: score === null ? [] : [score], replicates: [replicate], experiment: "a0" }
}

function state(measurements: Measurement[], challenged = false): StateFacts {
  const differing = measurements.filter(({ scores: [score] }) => score === undefined || Math.abs(score - 1) > 0.001)
  const evidence = differing.map(({ id }) => id)
  const challenges = challenged ? [{ id: "c", key: "x", experiment: "a0", evidence }] : []
  const byId = measurements.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return { code: "code", class: "", baseline: false, measurements: byId, challenges }
}

function judge(facts: StateFacts, task = exact): { verdict: string | undefined; value: number | null; by: number } {
  const [result] = verdicts.judge(task, [facts])
  return {
    verdict: result?.experiments.get("a0")?.state,
    value: result?.value ?? null,
    by: result?.reproducedBy ?? 0,
  }
}

describe("exact replay", () => {
  it.each([
    ["no rerun", [], false, "unverified", 1],
    ["one that matches", [measurement("b", "bob", 1.0005)], false, "reproduced", 1.0005],
    ["one that does not", [measurement("b", "bob", 2)], false, "suspect", 2],
    ["one that does not, challenged", [measurement("b", "bob", 2)], true, "challenged", 2],
    ["two that do not", [measurement("b", "bob", 2), measurement("c", "carol", 2)], false, "refuted", 2],
    ["one of each", [measurement("b", "bob", 2), measurement("c", "carol", 1)], true, "challenged", 1.5],
    [
      "two against two",
      [measurement("b", "b", 2), measurement("c", "c", 2), measurement("d", "d", 1), measurement("e", "e", 1)],
      false,
      "suspect",
      1.5,
    ],
    [
      "three against one liar",
      [measurement("b", "b", 9), measurement("c", "c", 1), measurement("d", "d", 1), measurement("e", "e", 1)],
      true,
      "upheld",
      1,
    ],
    ["two failures to run", [measurement("b", "bob", null), measurement("c", "carol", null)], false, "refuted", 1],
  ] as const)("%s: %s", (_, reruns, challenged, expected, value) => {
    expect(judge(state([claim, ...reruns], challenged))).toMatchObject({ verdict: expected, value })
  })

  it("gives the author no vote on its own claim", () => {
    const own = [measurement("b", "author", 2), measurement("c", "author", 1)]
    expect(judge(state([claim, ...own]))).toMatchObject({ verdict: "unverified", value: 1 })
  })

  it("gives a key one vote per replicate, the lowest id's", () => {
    const repeated = ["b", "c", "d", "e"].map((id) => measurement(id, "mallory", 2))
    expect(judge(state([claim, ...repeated])).verdict).toBe("suspect")
    expect(judge(state([claim, measurement("b", "bob", 1), measurement("c", "bob", 2)])).verdict).toBe("reproduced")
  })

  it("never makes a value better than the claim", () => {
    expect(judge(state([claim, measurement("b", "bob", 0.5), measurement("c", "carol", 0.4)])).value).toBe(1)
  })

  it("promotes what two keys reproduced and what beats its ancestor by minEffect", () => {
    const promoted = (value: number, keys: string[]): boolean => {
      const own = { ...claim, scores: [value] }
      const [child] = verdicts.judge(exact, [state([own, ...keys.map((key) => measurement(key, key, value))])])
      const [ancestor] = verdicts.judge(exact, [state([claim])])
      if (child === undefined || ancestor === undefined) throw new Error("no verdict")
      return verdicts.promotes(exact, child, ancestor)
    }
    expect(promoted(0.5, ["bob", "carol"])).toBe(true)
    expect(promoted(0.5, ["bob"])).toBe(false)
    expect(promoted(0.95, ["bob", "carol"])).toBe(false)
  })
})

describe("noisy replay", () => {
  it("pools reruns into the value and refutes nothing without an estimate of the noise", () => {
    const reruns = [measurement("b", "bob", 9), measurement("c", "carol", 9), measurement("d", "dan", 9)]
    expect(judge(state([claim, ...reruns]), noisy)).toMatchObject({ verdict: "uncalibrated", value: 9 })
  })
})

describe("open/1", () => {
  it("does not depend on the order of measurements or of repeated facts", () => {
    const anyRun = fc.record({
      id: fc.constantFrom("b", "c", "d", "e", "f", "g", "h", "i", "j", "k"),
      key: fc.constantFrom("author", "bob", "carol", "dan", "eve"),
      score: fc.option(fc.constantFrom(0.9, 1, 1.0005, 2)),
    })
    fc.assert(
      fc.property(fc.uniqueArray(anyRun, { selector: ({ id }) => id }), fc.boolean(), (runs, challenged) => {
        const measurements = runs.map(({ id, key, score }) => measurement(id, key, score))
        const once = judge(state([claim, ...measurements], challenged))
        expect(judge(state([...measurements.toReversed(), claim], challenged))).toEqual(once)
      }),
    )
  })

  it("refutes only with at least two keys and more than two thirds of all that voted", () => {
    fc.assert(
      fc.property(fc.nat(12), fc.nat(12), (agree, differ) => {
        const voters = [
          ...Array.from({ length: agree }, (_, n) => measurement(`b${n}`, `agree${n}`, 1)),
          ...Array.from({ length: differ }, (_, n) => measurement(`c${n}`, `differ${n}`, 2)),
        ]
        const isRefuted = judge(state([claim, ...voters])).verdict === "refuted"
        expect(isRefuted).toBe(differ >= 2 && differ > (2 / 3) * (agree + differ))
      }),
    )
  })
})
