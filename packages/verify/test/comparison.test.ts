import type { Measurement, StateFacts, TaskTerms } from "@spore/records"
import { makeTask, testIdentity } from "@spore/testkit"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { agreementBand, compareClaim, createVerdicts } from "../src/index.ts"

const author = testIdentity(1)
const exact = makeTask(author, { replay: { mode: "exact", absTol: 0.01 } }).body
const noisy = makeTask(author, { replay: { mode: "noisy", replicates: 2, maxNoise: 5 } }).body
const timed = makeTask(author, { replay: { mode: "noisy", replicates: 2, maxNoise: 5 }, budget: { type: "wall" } }).body

const KEYS = ["a", "b", "c", "d", "e"]

/** A class of states that five keys ran, some of them far off; the first is the baseline. */
const classes: fc.Arbitrary<StateFacts[]> = fc
  .array(
    fc.record({
      claimant: fc.constantFrom(...KEYS),
      claim: fc.integer({ min: 0, max: 3 }),
      runs: fc.array(
        fc.record({
          key: fc.constantFrom(...KEYS),
          scores: fc.array(fc.integer({ min: -40, max: 40 }), { maxLength: 2 }),
          isWild: fc.boolean(),
        }),
        { maxLength: 6 },
      ),
    }),
    { minLength: 6, maxLength: 10 },
  )
  .map((states) =>
    states.map(({ claimant, claim, runs }, n) => {
      const id = `s${n}`
      const level = 50 - n
      const measurements = runs.map(({ key, scores, isWild }, i) => {
        const shift = isWild && i % 3 === 0 ? 4 : 0
        return measurement(
          `${id}-${i}`,
          key,
          scores.map((score) => level + shift + score / 100),
          id,
        )
      })
      const claimed: Measurement = { ...measurement(id, claimant, [level - claim / 50, level], id), kind: "experiment" }
      return {
        code: `code ${n}`,
        class: "x64",
        baseline: n === 0,
        measurements: [claimed, ...measurements].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
        challenges: [{ id: `c${n}`, key: "b", experiment: id, evidence: [`${id}-0`] }],
      }
    }),
  )

function measurement(id: string, key: string, scores: number[], experiment: string): Measurement {
  const outcome = scores.length === 0 ? "crash" : "ok"
  return { id, key, kind: "verification", outcome, scores, replicates: scores.map((_, i) => i), experiment }
}

describe("a claim beside the results", () => {
  it.each<[string, TaskTerms]>([
    ["exact replay", exact],
    ["noisy replay", noisy],
    ["replay by own baselines", timed],
  ])("shows the votes that the verdict was made of, in %s", (_, task) => {
    let calibrated = 0
    let differing = 0
    fc.assert(
      fc.property(classes, (states) => {
        const judged = createVerdicts().judge(task, states)
        states.forEach((state, i) => {
          const verdict = judged[i]
          const experiment = `s${i}`
          const baseline = state.baseline ? undefined : states[0]
          const { results, actingChallenges } = compareClaim(task, {
            experiment,
            state,
            baseline,
            noise: verdict?.noise ?? null,
          })
          const votes = results.filter(({ stance }) => stance !== "author" && stance !== "no_baseline")
          const counted = verdict?.experiments.get(experiment)
          expect(votes).toHaveLength(counted?.voters ?? -1)
          // With nothing but failures there is no value, and no noise is told with it.
          if (votes.every(({ result }) => result === null)) return
          expect(votes.filter(({ stance }) => stance === "agrees")).toHaveLength(counted?.agreeing ?? -1)
          const name = counted?.state
          const acts = actingChallenges.includes(`c${i}`)
          expect({ name, acts: acts || (name !== "challenged" && name !== "upheld") }).toEqual({ name, acts: true })
          expect({ name, acts: acts && name === "suspect" }).toEqual({ name, acts: false })
          if (verdict?.noise !== null) calibrated++
          differing += votes.filter(({ stance }) => stance === "differs").length
        })
      }),
      { numRuns: 150 },
    )
    expect(differing).toBeGreaterThan(50)
    expect(calibrated > 50).toBe(task.replay.mode === "noisy")
  })

  it("measures how much worse a result is in standard deviations of a difference", () => {
    const state: StateFacts = {
      code: "code",
      class: "",
      baseline: false,
      measurements: [
        { ...measurement("e", "a", [50, 50], "e"), kind: "experiment" },
        measurement("f", "b", [50.1, 50.3], "e"),
        measurement("g", "c", [49, 49], "e"),
        measurement("h", "a", [47], "e"),
      ],
      challenges: [],
    }
    const compared = compareClaim(noisy, { experiment: "e", state, baseline: undefined, noise: { sd: 0.1, df: 10 } })
    expect(compared).toMatchObject({ claim: 50, ownBaseline: false, band: { low: -Infinity } })
    expect(compared.band).toEqual(agreementBand(noisy, { sd: 0.1, df: 10 }, 50))
    expect(compared.results.map(({ key, stance }) => [key, stance])).toEqual([
      ["a", "author"],
      ["b", "agrees"],
      ["c", "agrees"],
    ])
    expect(compared.results[1]?.residual).toBeCloseTo(Math.SQRT2, 9)
    expect(compared.results[2]?.residual).toBeCloseTo(-10 / Math.SQRT2, 9)
    const early = compareClaim(noisy, { experiment: "e", state, baseline: undefined, noise: null })
    expect(early.band).toBeNull()
    expect(early.results.map(({ stance }) => stance)).toEqual(["author", "unjudged", "unjudged"])
    expect(compareClaim(noisy, { experiment: "x", state, baseline: undefined, noise: null }).results).toEqual([])
  })
})
