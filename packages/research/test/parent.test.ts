import { seededRandom } from "@spore/records"
import { describe, expect, it } from "vitest"
import { chooseParent, type ParentOption, type ParentQuestion } from "../src/index.ts"

const option = (id: string, more: Partial<ParentOption> = {}): ParentOption => ({
  id,
  children: 0,
  claimed: 0,
  frontier: false,
  ...more,
})

/** How often each is chosen of `draws`. */
function shares(question: Omit<ParentQuestion<ParentOption>, "random">, draws = 4_000): Record<string, number> {
  const random = seededRandom(7)
  const counts: Record<string, number> = {}
  for (let i = 0; i < draws; i++) {
    const id = chooseParent({ ...question, random })?.parent.id ?? "none"
    counts[id] = (counts[id] ?? 0) + 1 / draws
  }
  return counts
}

const best = option("best")
const second = option("second")
const third = option("third")

describe("parent choice", () => {
  it("gives none where there is nothing to build on, and the only one there is", () => {
    const random = seededRandom(1)
    const nothing = { options: [], foreign: [option("foreign")], plateau: 100, random }
    expect(chooseParent(nothing)).toBeNull()
    expect(chooseParent({ options: [best], foreign: [], plateau: 0, random })).toMatchObject({
      parent: { id: "best" },
      reason: "the only candidate",
    })
  })

  it("mostly takes the best, and explores the more the longer nothing was kept", () => {
    const at = (plateau: number): number =>
      shares({ options: [best, second, third], foreign: [], plateau })["best"] ?? 0
    expect(at(0)).toBeGreaterThan(0.8)
    expect(at(0)).toBeGreaterThan(at(20))
    expect(at(20)).toBeGreaterThan(at(200))
    expect(at(200)).toBeGreaterThan(0.35)
  })

  it("explores the better, the less tried and what is farther down on a long plateau", () => {
    const fresh = shares({ options: [best, second, third], foreign: [], plateau: 0 })
    expect(fresh["second"]).toBeGreaterThan((fresh["third"] ?? 0) * 1.5)
    const tried = shares({ options: [best, option("second", { children: 9 }), third], foreign: [], plateau: 0 })
    expect(tried["third"]).toBeGreaterThan(tried["second"] ?? 0)
    const many = Array.from({ length: 10 }, (_, i) => option(`o${i}`))
    const last = (plateau: number): number => shares({ options: many, foreign: [], plateau })["o9"] ?? 0
    expect(last(100)).toBeGreaterThan(5 * last(0))
  })

  it("avoids what others are trying, but a flood of claims does not turn it away", () => {
    const claimed = (n: number): Record<string, number> =>
      shares({ options: [option("best", { claimed: n }), second, third], foreign: [], plateau: 0 })
    expect(claimed(1)["best"]).toBeLessThan(0.5)
    expect(claimed(100_000)["best"]).toBeGreaterThan(0.15)
    const others = shares({ options: [best, option("second", { claimed: 3 }), third], foreign: [], plateau: 0 })
    expect(others["third"]).toBeGreaterThan(others["second"] ?? 0)
  })

  it("takes up another class's best rarely, on a plateau alone, and says so", () => {
    const foreign = [option("foreign")]
    expect(shares({ options: [best], foreign, plateau: 4 })).toEqual({ best: expect.closeTo(1) })
    const rare = shares({ options: [best], foreign, plateau: 30 })["foreign"] ?? 0
    expect(rare).toBeGreaterThan(0.05)
    expect(rare).toBeLessThan(0.2)
    const random = { next: () => 0 }
    expect(chooseParent({ options: [best], foreign, plateau: 30, random })).toMatchObject({
      isForeign: true,
      reason: "the best of another hardware class, not run in this one yet; 30 experiments since the last keep",
    })
  })

  it("says why, in words", () => {
    const explores = chooseParent({
      options: [best, option("old", { frontier: true, children: 3 })],
      foreign: [],
      plateau: 12,
      random: { next: () => 0.99 },
    })
    expect(explores?.reason).toBe("explores frontier line 2 of 2, tried 3 times; 12 experiments since the last keep")
  })
})
