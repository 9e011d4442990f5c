import type { FileTree } from "@spore/records/artifacts"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { changeOf, duplicateOf } from "../src/index.ts"
import { similarity } from "../src/change.ts"

const tree = (text: string, path = "main.py"): FileTree => new Map([[path, new TextEncoder().encode(text)]])
const alike = (parent: string, a: string, b: string): number =>
  similarity(changeOf(tree(parent), tree(a)), changeOf(tree(parent), tree(b)))

const PARENT = ["LR = 0.002", "HIDDEN = 64", "LAYERS = 0.1, 0.1", "def step(x):", "    return x * LR", ""].join("\n")
const REWRITE = `${PARENT}${Array.from({ length: 30 }, (_, i) => `def layer${i}(x, w): return relu(x @ w) + ${i}`).join("\n")}`

describe("how alike two changes of one parent are", () => {
  it("is 1 for the same change, however numbers are written and lines are spaced", () => {
    expect(alike(PARENT, PARENT.replace("0.002", "0.004"), PARENT.replace("LR = 0.002", "LR  =  4e-3"))).toBe(1)
    expect(alike(PARENT, PARENT.replace("64", "1_00"), PARENT.replace("64", "100.0"))).toBe(1)
  })

  it("tells another value, another place and another indentation apart", () => {
    expect(alike(PARENT, PARENT.replace("0.002", "0.004"), PARENT.replace("0.002", "0.003"))).toBeCloseTo(0.5)
    expect(alike(PARENT, PARENT.replace("0.002", "0.004"), PARENT.replace("64", "128"))).toBe(0)
    expect(changeOf(tree(PARENT), tree(PARENT.replace("    return", "        return"))).size).toBeGreaterThan(0)
    expect(changeOf(tree(PARENT), tree(PARENT.replace("64", "64.0"))).size).toBe(0)
    expect(changeOf(tree(PARENT), tree(`${PARENT}\n\n  \n`)).size).toBe(0)
  })

  it("is at least the threshold for a large rewrite with one constant changed", () => {
    const known = [{ id: "bafyabcdefgh", title: "layers", change: changeOf(tree(PARENT), tree(REWRITE)) }]
    const again = { title: "more layers", change: changeOf(tree(PARENT), tree(REWRITE.replace("+ 7", "+ 8"))) }
    expect(duplicateOf(again, known, [])).toMatch(/^9\d % the same change as abcdefgh "layers", which was tried/)
    const half = REWRITE.split("\n").slice(0, 20).join("\n")
    expect(duplicateOf({ title: "", change: changeOf(tree(PARENT), tree(half)) }, known, [])).toBeNull()
  })

  it("is symmetric, between 0 and 1, and 1 only with itself as a bag", () => {
    const text = fc.array(fc.constantFrom("a = 1", "a = 2", "b", "", "  c(3)", "d 1e3"), { maxLength: 12 })
    fc.assert(
      fc.property(text, text, text, (parent, a, b) => {
        const [p, x, y] = [parent.join("\n"), a.join("\n"), b.join("\n")]
        const value = alike(p, x, y)
        expect(value).toBe(alike(p, y, x))
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(1)
        expect(alike(p, x, x)).toBe(1)
      }),
    )
  })

  it("is bounded in time for files without a common line", () => {
    const many = (word: string): string => Array.from({ length: 20_000 }, (_, i) => `${word}${i} = ${i}`).join("\n")
    expect(changeOf(tree(many("a")), tree(many("b"))).size).toBeGreaterThan(20_000)
  })
})

it("compares a candidate of very many lines", () => {
  const long = "x\n".repeat(150_000)
  expect(changeOf(tree("y"), tree(long)).get("+main.py:x")).toBe(150_000)
  expect(changeOf(tree(long), tree("y")).size).toBeGreaterThanOrEqual(150_000)
})

describe("claims", () => {
  const change = changeOf(tree(PARENT), tree(PARENT.replace("64", "96")))
  const claim = (summary: string): { author: string; parent: string; summary: string } => ({
    author: "n",
    parent: "p",
    summary,
  })

  it("of the same attempt make a proposal a duplicate, of another value not", () => {
    const proposal = { title: "HIDDEN 64 → 96", change }
    expect(duplicateOf(proposal, [], [claim("hidden 64 → 96.0")])).toBe(
      'somebody is trying "hidden 64 → 96.0" from this parent now',
    )
    expect(duplicateOf(proposal, [], [claim("HIDDEN 64 → 112"), claim("")])).toBeNull()
  })
})
