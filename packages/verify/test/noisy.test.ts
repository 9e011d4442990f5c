import { describe, expect, it } from "vitest"
import { createVerdicts, isMatch } from "../src/index.ts"
import { calibration, claimOf, judge, measured, noisy, type Score, stateOf } from "./scene.ts"

/** Sd 1 from 240 comparisons of twelve keys, so that the state under test hardly changes it: t.9995 is 3.373. */
const calibrated = calibration(240, { keys: Array.from({ length: 12 }, (_, i) => `k${i}`) })

function verdict(
  reruns: readonly Score[],
  {
    claim = 0,
    evidence,
    task = noisy,
    among = calibrated,
  }: {
    claim?: number
    evidence?: readonly string[]
    task?: typeof noisy
    among?: typeof calibrated
  } = {},
): ReturnType<typeof judge> {
  const runs = reruns.map((score, i) => measured(`r${i}`, `key${i}`, score))
  const state = stateOf([claimOf(claim), ...runs], evidence === undefined ? {} : { evidence })
  return judge([...among, state], task)
}

describe("noisy replay", () => {
  it.each<[string, Score[], string[] | undefined, string]>([
    ["nobody", [], undefined, "unverified"],
    ["one within chance", [2], undefined, "reproduced"],
    ["one that is better", [-50], undefined, "reproduced"],
    ["one that is worse than 1 in 100", [4], undefined, "regressed"],
    ["one that is worse than 1 in 1,000", [4.6], undefined, "suspect"],
    ["the same, challenged with it", [5.5], ["r0"], "challenged"],
    ["two that are worse", [6, 6], undefined, "refuted"],
    ["two of three", [6, 6, 0], undefined, "suspect"],
    ["two of three, challenged", [6, 6, 0], ["r0"], "challenged"],
    ["three of four", [6, 6, 6, 0], ["r0"], "refuted"],
    ["one liar among four", [60, 0.5, -0.5, 0], undefined, "reproduced"],
    ["one liar among four, challenged", [60, 0.5, -0.5, 0], ["r0"], "upheld"],
    ["a challenge whose evidence is good", [0, 0.5, 60, 0], ["r0", "r1"], "reproduced"],
    ["one that fails", [null], undefined, "suspect"],
    ["two that fail", [null, null], undefined, "refuted"],
    ["one that fails of four", [null, 0, 0, 0.5], undefined, "reproduced"],
  ])("%s: %j", (_, reruns, evidence, expected) => {
    expect(verdict(reruns, evidence === undefined ? {} : { evidence }).state).toBe(expected)
  })

  it("is uncalibrated below 8 degrees of freedom, but for what does not run", () => {
    expect(verdict([9], { among: calibration(7) })).toMatchObject({ state: "uncalibrated", error: null, noise: null })
    expect(verdict([9], { among: calibration(8) })).toMatchObject({ state: "suspect", noise: { sd: 1, df: 8 } })
    expect(verdict([null, null], { among: [] }).state).toBe("refuted")
    expect(verdict([9], { among: calibration(7) }).explanation).toContain("known from 7 of 8 comparisons")
  })

  it("goes the other way where more is better", () => {
    const task = { ...noisy, metric: { ...noisy.metric, goal: "maximize" as const } }
    expect(verdict([-6, -6], { task }).state).toBe("refuted")
    expect(verdict([6, 6], { task })).toMatchObject({ state: "reproduced", value: 0 })
    expect(verdict([null, -1], { task }).state).toBe("suspect")
  })

  it("does not count gaps within the least effect or the tolerances", () => {
    for (const replay of [
      { ...noisy, metric: { ...noisy.metric, minEffect: 7 } },
      { ...noisy, replay: { ...noisy.replay, absTol: 7 } },
    ]) {
      expect(verdict([6.5, 6.5], { task: replay }).state).toBe("reproduced")
      expect(verdict([7.5, 7.5], { task: replay }).state).toBe("refuted")
    }
    expect(
      verdict([106, 106], { claim: 100, task: { ...noisy, replay: { ...noisy.replay, relTol: 0.07 } } }).state,
    ).toBe("reproduced")
  })

  it("takes the gap as the difference of result and claim, to the last bit", () => {
    const task = { ...noisy, metric: { ...noisy.metric, minEffect: 0.01 } }
    // 0.97 − 0.96 is above 0.01 in binary, and 0.96 + 0.01 is 0.97.
    expect(isMatch(task, { sd: 0, df: 8 }, 0.96, 0.97)).toBe(false)
    expect(isMatch(task, { sd: 0, df: 8 }, 0.96, 0.969)).toBe(true)
  })

  it("has no claim and no value where the sum of its scores is no number", () => {
    const state = stateOf([measured("claim", "author", [1.7e308, 1.7e308], "experiment"), measured("r", "bob", 1)])
    expect(judge([...calibration(20), state])).toMatchObject({ state: "unverified", value: null, voters: 0 })
    const two = [measured("claim", "author", 1.7e308, "experiment"), measured("other", "bob", 1.5e308, "experiment")]
    expect(judge([...calibration(20), stateOf(two)]).value).toBe(1.7e308 / 2 + 1.5e308 / 2)
  })

  it("gives the median of the reruns, never better than the claim, with its standard error", () => {
    expect(verdict([1])).toMatchObject({ value: 1, noise: { sd: 1, df: 120 } })
    expect(verdict([1]).error).toBe(1)
    expect(verdict([1, 2]).error).toBeCloseTo(Math.SQRT1_2, 2)
    expect(verdict([1, 2, 300]).value).toBe(2)
    expect(verdict([-1, -2]).value).toBe(0)
    expect(verdict([])).toMatchObject({ value: 0, error: null, noise: null })
  })

  it("explains itself in one sentence with its numbers", () => {
    expect(verdict([0.5, 1.5]).explanation).toBe(
      "2 keys reran it: loss 1.00 ± 0.71 against the claim 0; reproduced: 0.8 standard errors worse, within 2.4 (noise 0.999, 120 df).",
    )
    expect(verdict([9, 9, null]).explanation).toBe(
      "3 keys reran it: loss 9.00 ± 0.71 and 1 without a score against the claim 0; refuted: 3 of 3 are worse than chance explains (noise 0.998, 120 df).",
    )
  })

  it("compares exactly where runs of the same code never differ", () => {
    const still = calibration(8, { sd: 0 })
    expect(verdict([0, 0], { among: still }).state).toBe("reproduced")
    expect(verdict([0.001, 0.001], { among: still })).toMatchObject({ state: "refuted", error: 0 })
  })
})

describe("promotion in noisy replay", () => {
  const verdicts = createVerdicts()
  const summary = (claim: number, reruns: number[], among = calibrated): ReturnType<typeof judge> =>
    verdict(reruns, { claim, among })
  const baseline = summary(0, [0, 0, 0, 0])

  it("asks for a gain beyond chance by reruns alone, by two keys on each side", () => {
    expect(verdicts.promotes(noisy, summary(-9, [-4, -4]), baseline)).toBe(true)
    // The claim adds nothing: it takes 3.373 times the root of 1/2 + v(4), 3.1.
    expect(verdicts.promotes(noisy, summary(-9, [-3.2, -3.2]), baseline)).toBe(true)
    expect(verdicts.promotes(noisy, summary(-9, [-3, -3]), baseline)).toBe(false)
    expect(verdicts.promotes(noisy, summary(-9, [-9]), baseline)).toBe(false)
    expect(verdicts.promotes(noisy, summary(-9, [-9, -9]), summary(0, [0]))).toBe(false)
    expect(verdicts.promotes(noisy, summary(-9, [-9, -9]), summary(0, []))).toBe(false)
    expect(verdicts.promotes(noisy, summary(-9, [-9, -9], []), summary(0, [0, 0], []))).toBe(false)
  })

  it("asks for the least effect", () => {
    const task = { ...noisy, metric: { ...noisy.metric, minEffect: 10 } }
    expect(verdicts.promotes(task, summary(-9, [-9, -9]), baseline)).toBe(false)
  })

  it("tells a frontier apart with less certainty", () => {
    expect(verdicts.separates(noisy, summary(-3, [-3, -3]), baseline)).toBe(true)
    expect(verdicts.separates(noisy, summary(-2, [-2, -2]), baseline)).toBe(false)
  })
})
