import { expect, test } from "vitest"
import type { ResearchStatus, Spending } from "../src/dto/index.ts"
import { compact, dollars, endWords, researchTotals } from "../src/research-words.ts"

const NOTHING: Spending = { requests: 0, input_tokens: 0, output_tokens: 0, cost_usd: 0, unpriced: 0, seconds: 0 }
const NO_LIMITS = { max_experiments: null, max_cost_usd: null, max_tokens: null, until: null }

function research(experiments: number, spent: Partial<Spending>, limits: Partial<ResearchStatus["limits"]>): string {
  return researchTotals({
    proposer: "p",
    workers: 1,
    experiments,
    limits: { ...NO_LIMITS, ...limits },
    spent: { ...NOTHING, ...spent },
    spent_in_all: NOTHING,
    ended: null,
    claims: [],
  }).join(" · ")
}

test("totals of research stand beside their limits; what was not taken and has none is not mentioned", () => {
  expect(research(1, {}, {})).toBe("1 experiment")
  expect(research(12, {}, {})).toBe("12 experiments")
  expect(research(0, {}, { max_experiments: 1 })).toBe("0 of 1 experiment")
  expect(research(12, { cost_usd: 0.416, input_tokens: 1_100_000, output_tokens: 90_000 }, { max_cost_usd: 5 })).toBe(
    "12 experiments · $0.42 of $5.00 · 1.2M tokens",
  )
  expect(research(3, {}, { max_experiments: 100, max_cost_usd: 0.5, max_tokens: 2_000_000 })).toBe(
    "3 of 100 experiments · $0.00 of $0.50 · 0 of 2.0M tokens",
  )
  expect(research(3, { requests: 4, unpriced: 3, cost_usd: 0.1 }, {})).toBe("3 experiments · $0.10 · 3 unpriced")
})

test.each([
  [0, "$0.00"],
  [0.00001, "<$0.0001"],
  [0.0042, "$0.004"],
  [0.016, "$0.02"],
  [12.3, "$12.30"],
])("%d dollars are %s", (usd, words) => {
  expect(dollars(usd)).toBe(words)
})

test.each([
  [0, "0"],
  [999, "999"],
  [1_000, "1.0k"],
  [9_960, "10k"],
  [999_400, "999k"],
  [999_700, "1.0M"],
  [34_200_000, "34M"],
  [2_000_000_000, "2.0G"],
])("%i is %s", (count, words) => {
  expect(compact(count)).toBe(words)
})

test("says why research ended", () => {
  const words = (["max_experiments", "max_cost", "max_tokens", "until"] as const).map((ended) =>
    endWords({ ended, limits: NO_LIMITS }),
  )
  expect(new Set(words).size).toBe(4)
  expect(endWords({ ended: "max_experiments", limits: { ...NO_LIMITS, max_experiments: 1 } })).toBe(
    "the experiment asked for is made",
  )
})
