import { describe, expect, it } from "vitest"
import { type Rerunnable, rerunQueue } from "../src/index.ts"

function experiment(id: string, overrides: Partial<Rerunnable> = {}): Rerunnable {
  return {
    id,
    author: "author",
    verdict: "unverified",
    voters: 0,
    candidate: false,
    status: "discard",
    created: 0,
    rerunBy: [],
    ...overrides,
  }
}

const queue = (experiments: Rerunnable[], sampleRate = 0): string[] =>
  rerunQueue(experiments, "me", { sampleRate }).map(({ id }) => id)

describe("rerunQueue", () => {
  it("takes contested claims first, then candidates, then keeps", () => {
    const experiments = [
      experiment("keep", { status: "keep" }),
      experiment("candidate", { status: "keep", candidate: true }),
      experiment("suspect", { verdict: "suspect", voters: 5 }),
    ]
    expect(queue(experiments)).toEqual(["suspect", "candidate", "keep"])
  })

  it("leaves out own experiments, crashes and what this key reran", () => {
    const experiments = [
      experiment("own", { candidate: true, author: "me" }),
      experiment("crash", { candidate: true, status: "crash" }),
      experiment("done", { candidate: true, rerunBy: ["me"] }),
      experiment("contested", { verdict: "challenged", rerunBy: ["me"] }),
    ]
    expect(queue(experiments)).toEqual([])
  })

  it("stops at two votes for a candidate and one for a keep", () => {
    const experiments = [
      experiment("candidate", { candidate: true, status: "keep", voters: 1 }),
      experiment("enough", { candidate: true, status: "keep", voters: 2 }),
      experiment("keep", { status: "keep", voters: 1 }),
    ]
    expect(queue(experiments)).toEqual(["candidate"])
  })

  it("samples a share of the rest, and orders differently for each verifier", () => {
    const experiments = Array.from({ length: 400 }, (_, n) => experiment(`experiment ${n}`))
    const sampled = queue(experiments, 0.1).length
    expect(sampled).toBeGreaterThan(15)
    expect(sampled).toBeLessThan(80)
    const candidates = experiments.slice(0, 20).map((e) => ({ ...e, candidate: true, status: "keep" as const }))
    const first = new Set(["a", "b", "c", "d", "e"].map((v) => rerunQueue(candidates, v, { sampleRate: 0 })[0]?.id))
    expect(first.size).toBeGreaterThan(2)
  })
})
