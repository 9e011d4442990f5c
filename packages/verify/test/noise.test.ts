import type { StateFacts } from "@spore/records"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { classContext } from "../src/index.ts"
import { calibration, measured, noisy, normals, stateOf } from "./scene.ts"

const noiseOf = (states: readonly StateFacts[], task = noisy): { sd: number; df: number } | null =>
  classContext(task, states).noise

/** States that honest keys reran, two each, sd 1. */
function honest(seed: number, keys: number, states: number): StateFacts[] {
  const next = normals(seed)
  return Array.from({ length: states }, (_, i) => {
    const a = i % keys
    const b = (a + 1 + (Math.floor(i / keys) % (keys - 1))) % keys
    const runs = [a, b].map((key) => measured(`${i} ${key}`, `honest${key}`, next()))
    return stateOf(runs, { code: `c${i}` })
  })
}

/** The same states with what further keys say of them. */
function joined(
  states: readonly StateFacts[],
  keys: number,
  say: (state: number, key: number) => number,
): StateFacts[] {
  return states.map((state, i) =>
    stateOf(
      [
        ...state.measurements,
        ...Array.from({ length: keys }, (_, k) => measured(`x${i} ${k}`, `other${k}`, say(i, k))),
      ],
      { code: state.code },
    ),
  )
}

describe("noise of a class", () => {
  it("comes from pairs of keys that reran the same state, claims left out", () => {
    expect(noiseOf(calibration(8, { sd: 3 }))).toEqual({ sd: 3, df: 8 })
    expect(noiseOf(calibration(7, { sd: 3 }))).toBeNull()
    const claimed = calibration(7).map((state) =>
      stateOf([...state.measurements, measured("a", "author", -900, "experiment")], { code: state.code }),
    )
    expect(noiseOf(claimed)).toBeNull()
  })

  it("takes what the author reran of its own, and experiments on the baseline", () => {
    const own = Array.from({ length: 8 }, (_, i) =>
      stateOf(
        [
          measured("a", "author", -900, "experiment"),
          measured("b", "author", 0),
          measured("c", "bob", i % 2 === 0 ? Math.SQRT2 : -Math.SQRT2),
        ],
        { code: `c${i}` },
      ),
    )
    expect(noiseOf(own)).toEqual({ sd: 1, df: 8 })
    const roots = Array.from({ length: 9 }, (_, i) => measured(`r${i}`, `key${i}`, i, "experiment"))
    expect(noiseOf([stateOf(roots, { baseline: true })])).toEqual({ sd: 2.74, df: 8 })
    expect(noiseOf([stateOf(roots)])).toBeNull()
  })

  it("takes a key's own repetitions while pairs are few, and never lets them narrow it", () => {
    const repeated = [stateOf([measured("a", "bob", [0, 1, 2, 3, 4, 5, 6, 7, 8])])]
    expect(noiseOf(repeated)).toEqual({ sd: 2.74, df: 8 })
    const replicated = { ...noisy, replay: { ...noisy.replay, replicates: 4 } }
    expect(noiseOf(repeated, replicated)).toEqual({ sd: 1.37, df: 8 })
    const still = stateOf([measured("a", "bob", [5, 5, 5, 5, 5, 5, 5, 5])])
    expect(noiseOf([still, ...calibration(2, { sd: 3 })])).toEqual({ sd: 3, df: 9 })
    expect(noiseOf([...repeated, ...calibration(8, { sd: 1 })])).toEqual({ sd: 1, df: 8 })
  })

  it("lets no pair of keys give more than 16 degrees of freedom", () => {
    const pair = calibration(400, { keys: ["a", "b"], sd: 2 })
    expect(noiseOf(pair)).toEqual({ sd: 2, df: 16 })
  })

  it("is at most the task's maxNoise", () => {
    const task = { ...noisy, replay: { ...noisy.replay, maxNoise: 2 } }
    expect(noiseOf(calibration(20, { sd: 9 }), task)?.sd).toBe(2)
    expect(noiseOf(calibration(20, { sd: 1.5 }), task)?.sd).toBe(1.5)
  })

  it("is near the truth: within a fifth at 60 comparisons of eight keys", () => {
    const sds = Array.from({ length: 40 }, (_, seed) => noiseOf(honest(seed, 8, 60))?.sd ?? 0).toSorted((a, b) => a - b)
    expect(sds[20]).toBeGreaterThan(0.9)
    expect(sds[20]).toBeLessThan(1.1)
    expect(sds[2]).toBeGreaterThan(0.8)
    expect(sds[37]).toBeLessThan(1.2)
  })

  it("is not widened more than fourfold by one key, whatever it says", () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.integer({ min: 4, max: 8 }),
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 60 }),
        (seed, keys, said) => {
          const states = honest(seed, keys, 60)
          const without = noiseOf(states)?.sd ?? Number.NaN
          const withKey = noiseOf(joined(states, 1, (i) => said[i % said.length] ?? 0))?.sd ?? Number.NaN
          expect(withKey).toBeLessThanOrEqual(4.01 * without)
          expect(withKey).toBeGreaterThanOrEqual(0.5 * without)
        },
      ),
      { numRuns: 60 },
    )
  })

  it("is not moved far by keys that agreed on their numbers, or on none, below a third", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const states = honest(seed, 10, 100)
      const without = noiseOf(states)?.sd ?? 0
      const next = normals(seed + 100)
      for (const say of [() => 5, () => 1e6 * next()]) {
        const moved = noiseOf(joined(states, 4, say))?.sd ?? 0
        expect(moved / without).toBeGreaterThan(0.7)
        expect(moved / without).toBeLessThan(4)
      }
    }
  })

  it("does not depend on the order of states or measurements", () => {
    const states = joined(honest(9, 6, 40), 2, (i, k) => (k === 0 ? 5 : 1e9 * i))
    const shuffled = states.toReversed().map((state) => ({ ...state }))
    expect(noiseOf(shuffled)).toEqual(noiseOf(states))
  })

  it("stands numbers that overflow when squared", () => {
    const huge = calibration(20, { sd: 1e300, at: 0 })
    expect(Number.isFinite(noiseOf(huge)?.sd)).toBe(true)
    expect(noiseOf(joined(honest(1, 5, 60), 1, () => 1e308))?.sd).toBeLessThan(1.5)
  })
})
