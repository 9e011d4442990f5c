import type { Comparison, KeyResult, Residual, Stance } from "@spore/api/client"
import { describe, expect, it } from "vitest"
import { comparableResult, claimScale, scoresAbout } from "../src/pages/experiment/claim-scale.ts"
import { stackResiduals } from "../src/pages/node/residual-stacks.ts"

function result(value: number | null, stance: Stance = "agrees", scores: number[] = []): KeyResult {
  return { node: "n", node_name: null, result: value, scores, stance, residual: null, records: [], created: null }
}

function comparison(claim: number | null, results: KeyResult[], change: Partial<Comparison> = {}): Comparison {
  const none = { experiment: "e", scores: [], own_baseline: false, band: null, acting_challenges: [] }
  return { ...none, claim, results, keys: results.length, ...change }
}

describe("claim scale", () => {
  it("holds claim, value, band and all results, in order", () => {
    const band = { low: null, high: 2.2 }
    const scale = claimScale(comparison(2, [result(2.1, "agrees", [2.05, 2.15]), result(2.4)], { band }), 2.25)
    const places = [2, 2.05, 2.15, 2.2, 2.25, 2.4].map((value) => scale?.place(value).at ?? Number.NaN)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(places[0]).toBeGreaterThan(0)
    expect(places.at(-1)).toBeLessThan(1)
    expect(scale?.claim).toBe(places[0])
    expect(scale?.band).toEqual({ from: 0, to: places[3] })
    expect(scale?.ticks.length).toBeGreaterThan(1)
    for (const { text, at } of scale?.ticks ?? []) expect(at).toBeCloseTo(scale?.place(Number(text)).at ?? 0, 9)
  })

  it("draws results at both ends of all numbers beyond the axis, and the rest all the same", () => {
    const scale = claimScale(comparison(2, [result(1.7e308), result(-1.7e308), result(2)]), 2)
    expect(scale?.place(1.7e308).beyond).toBe("high")
    expect(scale?.place(-1.7e308).beyond).toBe("low")
    expect(scale?.place(2)).toEqual({ at: 0.5, beyond: null })
  })

  it("draws a wild result at the edge instead of pressing the rest together", () => {
    const band = { low: null, high: 2.1 }
    const scale = claimScale(comparison(2, [result(2.05), result(1e9, "differs"), result(-1e9)], { band }), 2.05)
    expect(scale?.place(1e9)).toMatchObject({ beyond: "high" })
    expect(scale?.place(-1e9)).toMatchObject({ beyond: "low" })
    expect((scale?.place(2.1).at ?? 0) - (scale?.place(2).at ?? 0)).toBeGreaterThan(0.5)
  })

  it("stands where all is one value, and is absent without a claim or beyond all numbers", () => {
    const scale = claimScale(comparison(2, [result(2)], { band: { low: 2, high: 2 } }), 2)
    expect(scale).toMatchObject({ claim: 0.5, band: { from: 0.5, to: 0.5 }, ticks: [{ at: 0.5 }] })
    expect(claimScale(comparison(null, []), null)).toBeNull()
    expect(claimScale(comparison(-1.7e308, [result(1.7e308)]), 1.7e308)).toBeNull()
  })

  it("keeps what has no baseline off an axis of differences, and moves scores as their result was", () => {
    expect(comparableResult(result(5, "no_baseline"), true)).toBeNull()
    expect(comparableResult(result(5, "other_class"), false)).toBe(5)
    expect(comparableResult(result(5, "differs"), true)).toBe(5)
    expect(scoresAbout(10, [3, 5])).toEqual([9, 11])
  })
})

describe("residuals", () => {
  function residual(
    id: string,
    value: number | null,
    stance: Stance = "agrees",
  ): Pick<Residual, "residual" | "stance" | "rerun"> {
    const rerun = {
      seq: 1,
      id,
      kind: "verification" as const,
      experiment: "e",
      task: "t",
      node: "n",
      node_name: null,
      created: 0,
      class: "",
    }
    return {
      residual: value,
      stance,
      rerun: { ...rerun, outcome: "ok", value: 1, replicates: [0], scores: [1], eligible: true },
    }
  }

  it("are heaped up from the oldest, clipped at the edges, without those not known", () => {
    const rows = [residual("d", 1e6, "differs"), residual("c", 1.1), residual("b", null), residual("a", 0.9)]
    expect(stackResiduals(rows)).toEqual({
      dots: [
        { id: "a", at: 1, level: 0, agrees: true },
        { id: "c", at: 1, level: 1, agrees: true },
        { id: "d", at: 9.5, level: 0, agrees: false },
      ],
      tallest: 2,
    })
    expect(stackResiduals([]).tallest).toBe(0)
  })
})
