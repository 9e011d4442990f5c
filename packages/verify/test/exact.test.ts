import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createVerdicts } from "../src/index.ts"
import { claimOf, exact, judge, measured, type Score, stateOf } from "./scene.ts"

const artifact = { ...exact, replay: { ...exact.replay, mode: "artifact" as const, seeds: [] } }

/** Reruns by keys of their own; those that are named in the challenge, if any. */
function verdict(reruns: readonly Score[], evidence?: readonly number[], task = exact): ReturnType<typeof judge> {
  const runs = reruns.map((score, i) => measured(`r${i}`, `key${i}`, score))
  const named = evidence === undefined ? {} : { evidence: evidence.map((i) => `r${i}`) }
  return judge([stateOf([claimOf(1), ...runs], named)], task)
}

describe.each([
  ["exact", exact],
  ["artifact", artifact],
])("%s replay", (_, task) => {
  it.each<[string, Score[], number[] | undefined, string, number]>([
    ["no rerun", [], undefined, "unverified", 1],
    ["one that matches", [1.0005], undefined, "reproduced", 1.0005],
    ["one that does not", [2], undefined, "suspect", 2],
    ["one that does not, challenged", [2], [0], "challenged", 2],
    ["two that do not", [2, 2], undefined, "refuted", 2],
    ["two that do not, challenged", [2, 2], [0], "refuted", 2],
    ["one of each, challenged", [2, 1], [0], "challenged", 1.5],
    ["two against two", [2, 2, 1, 1], undefined, "suspect", 1.5],
    ["two against one", [2, 2, 1], undefined, "suspect", 2],
    ["three against one", [2, 2, 2, 1], undefined, "refuted", 2],
    ["three against one liar, challenged", [9, 1, 1, 1], [0], "upheld", 1],
    ["three against one liar", [9, 1, 1, 1], undefined, "reproduced", 1],
    ["two failures to run", [null, null], undefined, "refuted", 1],
    ["one failure to run", [null], undefined, "suspect", 1],
  ])("%s: %j", (_name, reruns, evidence, expected, value) => {
    expect(verdict(reruns, evidence, task)).toMatchObject({ state: expected, value })
  })

  it("changes nothing by a challenge whose evidence agrees, is the author's, or is not there", () => {
    expect(verdict([2, 1, 1, 1], [1, 2], task).state).toBe("reproduced")
    expect(verdict([2], [7], task).state).toBe("suspect")
    const own = stateOf([claimOf(1), measured("r", "author", 9), measured("s", "bob", 2)], { evidence: ["r", "claim"] })
    expect(judge([own], task).state).toBe("suspect")
  })
})

describe("exact replay", () => {
  it("gives the author no vote on its own claim", () => {
    const own = [measured("b", "author", 2), measured("c", "author", 1)]
    expect(judge([stateOf([claimOf(1), ...own])], exact)).toMatchObject({ state: "unverified", value: 1, voters: 0 })
  })

  it("gives a key one vote per replicate, the lowest id's", () => {
    const repeated = ["b", "d", "e", "f"].map((id) => measured(id, "mallory", 2))
    expect(judge([stateOf([claimOf(1), ...repeated])], exact)).toMatchObject({ state: "suspect", voters: 1 })
    const twice = [measured("b", "bob", 1), measured("d", "bob", 2)]
    expect(judge([stateOf([claimOf(1), ...twice])], exact).state).toBe("reproduced")
  })

  it("never makes a value better than the claim", () => {
    expect(verdict([0.5, 0.4]).value).toBe(1)
    const other = measured("other", "carol", 3, "experiment")
    expect(judge([stateOf([claimOf(1), other])], exact).value).toBe(2)
  })

  it("counts the votes on each of several claims of one code by itself", () => {
    const [forged, honest] = [claimOf(0.1), { ...measured("other", "carol", 1, "experiment"), experiment: "other" }]
    const reruns = ["dan", "eve"].map((key) => measured(key, key, 1))
    const [state] = createVerdicts().judge(exact, [stateOf([forged, honest, ...reruns])])
    expect(state?.experiments.get("claim")).toMatchObject({ state: "refuted", agreeing: 0, voters: 3 })
    expect(state?.experiments.get("other")).toMatchObject({ state: "suspect", agreeing: 2, voters: 3 })
  })

  it("says who reran, what they got, and what decided", () => {
    expect(verdict([]).explanation).toBe("No other key has rerun it yet.")
    expect(verdict([1, 1]).explanation).toBe("2 keys reran it: loss 1 against the claim 1; reproduced: 2 of 2 agree.")
    expect(verdict([2, 1]).explanation).toBe(
      "2 keys reran it: loss 2, 1 against the claim 1; suspect: 1 of 2 agrees; more keys must rerun it.",
    )
    expect(verdict([null, null]).explanation).toBe(
      "2 keys reran it: loss no score against the claim 1; refuted: 0 of 2 agree.",
    )
  })

  it("promotes what two keys reproduced and what beats its ancestor by minEffect", () => {
    const verdicts = createVerdicts()
    const summary = (value: number, keys: number): ReturnType<typeof judge> =>
      judge(
        [stateOf([claimOf(value), ...Array.from({ length: keys }, (_, i) => measured(`r${i}`, `key${i}`, value))])],
        exact,
      )
    const ancestor = summary(1, 0)
    expect(verdicts.promotes(exact, summary(0.5, 2), ancestor)).toBe(true)
    expect(verdicts.promotes(exact, summary(0.5, 1), ancestor)).toBe(false)
    expect(verdicts.promotes(exact, summary(0.95, 2), ancestor)).toBe(false)
    expect(verdicts.separates(exact, summary(0.5, 2), summary(0.55, 2))).toBe(false)
    expect(verdicts.separates(exact, summary(0.5, 2), summary(0.7, 2))).toBe(true)
  })

  it("refutes only with at least two keys and more than two thirds of all that voted", () => {
    fc.assert(
      fc.property(fc.nat(12), fc.nat(12), (agree, differ) => {
        const reruns = [...Array.from({ length: agree }, () => 1), ...Array.from({ length: differ }, () => 2)]
        expect(verdict(reruns).state === "refuted").toBe(differ >= 2 && 3 * differ > 2 * (agree + differ))
      }),
    )
  })
})
