import { describe, expect, it } from "vitest"
import { quantilesAt } from "../src/student-t.ts"

/** P(T ≤ t) with `df` degrees of freedom, by Simpson's rule over the density in θ, t = √df · tan θ. */
function probability(t: number, df: number): number {
  const end = Math.atan(t / Math.sqrt(df))
  const steps = 2000
  let [half, whole] = [0, 0]
  for (const [limit, add] of [
    [end, (area: number) => (half = area)],
    [Math.PI / 2, (area: number) => (whole = area)],
  ] as const) {
    let area = 0
    for (let i = 0; i <= steps; i++) {
      const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2
      area += weight * Math.cos((limit * i) / steps) ** (df - 1)
    }
    add((area * limit) / steps / 3)
  }
  return 0.5 + half / whole / 2
}

describe("quantiles of Student's t", () => {
  it.each([8, 9, 12, 16, 23, 30, 40, 60, 120])("are those of %i degrees of freedom to the third decimal", (df) => {
    const row = quantilesAt(df)
    if (row === null) throw new Error("no row")
    expect(row.df).toBe(df)
    for (const [t, p] of [
      [row.t99, 0.99],
      [row.t999, 0.999],
      [row.t9995, 0.9995],
    ] as const) {
      expect(probability(t - 0.0005001, df)).toBeLessThan(p)
      expect(probability(t + 0.0005001, df)).toBeGreaterThan(p)
    }
  })

  it("go by the next row below, and begin at 8", () => {
    expect(quantilesAt(7.9)).toBeNull()
    expect(quantilesAt(39)?.df).toBe(30)
    expect(quantilesAt(1e9)?.df).toBe(120)
  })
})
