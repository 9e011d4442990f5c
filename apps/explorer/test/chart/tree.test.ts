import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { factsOf, type Layer } from "../../src/chart/layers.ts"
import { mergeGraph } from "../../src/chart/model.ts"
import { layLanes } from "../../src/chart/tree/lanes.ts"
import { layoutTree, shownAncestor, type TreeLayout, treePath } from "../../src/chart/tree/tree-layout.ts"
import { walkTree } from "../../src/chart/tree/tree-walk.ts"
import { syntheticGraph } from "../support/synthetic-graph.ts"
import { metric, modelOf, type Row } from "./graph.ts"

const TREE = { width: 800, metric, xAxis: "number", opened: [], hidden: new Set<Layer>() } as const

function treeOf(rows: readonly Row[], opened: readonly number[] = []): TreeLayout {
  const model = modelOf(rows)
  return layoutTree(model, factsOf(model, metric.goal), { ...TREE, opened })
}

/** Searches of any shape: each experiment builds on an earlier one, or on none. */
const searches = fc
  .array(
    fc.record({
      value: fc.option(fc.integer({ min: 0, max: 50 })),
      back: fc.option(fc.nat({ max: 12 })),
      isKept: fc.boolean(),
      isRefuted: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    }),
    { maxLength: 120 },
  )
  .map((rows): Row[] =>
    rows.map(({ value, back, isKept, isRefuted }, i) => ({
      value,
      parent: back === null || back >= i ? 0 : 10 * (i - back),
      ...(value === null ? {} : { status: isKept ? ("keep" as const) : ("discard" as const) }),
      verdict: isRefuted ? "refuted" : "unverified",
    })),
  )

describe("lanes", () => {
  it("hold every kept experiment once, each after its kept parent, the pruned ones counted", () => {
    fc.assert(
      fc.property(searches, fc.integer({ min: 1, max: 10 }), (rows, tips) => {
        const model = modelOf(rows)
        const { mark } = factsOf(model, "minimize")
        const laid = layLanes(model, mark, "minimize", { tips, opened: [] })
        const shown = laid.lanes.flatMap(({ nodes }) => nodes)
        const kept = rows.filter(({ value, status }) => value !== null && status === "keep").length
        expect(new Set(shown).size).toBe(shown.length)
        expect(laid.lanes.length).toBeLessThanOrEqual(tips)
        // Roots that are not shown are below no lane.
        const pruned = laid.lanes.reduce((sum, lane) => sum + lane.pruned, 0)
        expect(shown.length + pruned).toBeLessThanOrEqual(kept)
        for (const { nodes, from, row } of laid.lanes) {
          expect(laid.keptParent[nodes[0] ?? -1]).toBe(from)
          // A branch lies below what it leaves, which is shown.
          expect(from < 0 || (laid.rowOf[from] ?? -1) >= 0).toBe(true)
          expect(from < 0 || (laid.rowOf[from] ?? row) < row).toBe(true)
          expect(nodes.slice(1).map((node) => laid.keptParent[node])).toEqual(nodes.slice(0, -1))
        }
      }),
    )
  })

  it("show everything where there is room, and the lineage of the best on top", () => {
    fc.assert(
      fc.property(searches, (rows) => {
        const model = modelOf(rows)
        const facts = factsOf(model, "minimize")
        const laid = layLanes(model, facts.mark, "minimize", { tips: 1000, opened: [] })
        const kept = rows.flatMap(({ value, status }, i) => (value !== null && status === "keep" ? [i] : []))
        expect(laid.lanes.flatMap(({ nodes }) => nodes).toSorted((a, b) => a - b)).toEqual(kept)
        expect(laid.lanes.every(({ pruned }) => pruned === 0)).toBe(true)
        const tried = laid.tried.reduce((sum, count) => sum + count, 0)
        expect(tried).toBeLessThanOrEqual(rows.length - kept.length)
      }),
    )
    const model = mergeGraph(undefined, syntheticGraph(2000))
    const facts = factsOf(model, "minimize")
    const best = facts.steps.at(-1) ?? -1
    const { lanes, rowOf } = layLanes(model, facts.mark, "minimize", { tips: 48, opened: [] })
    expect(lanes).toHaveLength(48)
    expect(rowOf[best]).toBe(0)
    expect(facts.lineage.filter((at) => rowOf[at] !== -1).every((at) => rowOf[at] === 0)).toBe(true)
  })

  it("let no branch cross a lane: what leaves later lies above", () => {
    fc.assert(
      fc.property(searches, (rows) => {
        const { branches } = treeOf(rows)
        for (const branch of branches) {
          if (branch.from === undefined) continue
          const { x, y } = branch.from
          for (const other of branches) {
            const start = other.from?.x ?? Infinity
            const isBetween = other.y > y && other.y < branch.y
            // Lanes from the very same place run into each other's beginning.
            expect(isBetween && start < x && other.end > x).toBe(false)
          }
        }
      }),
    )
  })

  it("open the best of what is pruned, again and again until all is there", () => {
    const star: Row[] = [
      { value: 100 },
      ...Array.from({ length: 80 }, (_, i): Row => ({ value: 80 - (i % 40), parent: 10 })),
    ]
    const model = modelOf(star)
    const { mark } = factsOf(model, "minimize")
    const lanesOf = (opened: number[]) => layLanes(model, mark, "minimize", { tips: 48, opened }).lanes
    const [first] = lanesOf([])
    expect(first?.pruned).toBe(32)
    expect(lanesOf([0])[0]?.pruned).toBe(24)
    expect(lanesOf([0])).toHaveLength(56)
    expect(lanesOf([0, 0, 0, 0, 0])[0]?.pruned).toBe(0)
    // One that is no lane's opens nothing.
    expect(lanesOf([7777])).toHaveLength(48)
  })

  it("survive a graph whose parents come after their children", () => {
    const { lanes } = treeOf([
      { value: 3, parent: 20 },
      { value: 2, parent: 10 },
    ])
    expect(lanes.lanes.flatMap(({ nodes }) => nodes)).toEqual([0, 1])
  })
})

describe("tree", () => {
  // 1 ─ 2 ─ 4 (best), 2 ─ 5 (discarded) ─ 6 (kept), 1 ─ 3
  const rows: Row[] = [
    { value: 10 },
    { value: 8, parent: 10 },
    { value: 9, parent: 10 },
    { value: 5, parent: 20 },
    { value: 8.5, parent: 20, status: "discard" },
    { value: 7, parent: 50 },
  ]

  it("is walked by arrow keys: parent, best child, siblings", () => {
    const tree = treeOf(rows)
    expect(walkTree(tree, -1, "ArrowDown")).toBe(3)
    expect(walkTree(tree, 3, "ArrowUp")).toBe(1)
    expect(walkTree(tree, 1, "ArrowDown")).toBe(3)
    expect(walkTree(tree, 3, "ArrowRight")).toBe(5)
    expect(walkTree(tree, 5, "ArrowLeft")).toBe(3)
    expect(walkTree(tree, 1, "ArrowRight")).toBe(2)
    expect(walkTree(tree, 5, "ArrowDown")).toBeUndefined()
    expect(walkTree(tree, 5, "Enter")).toBeUndefined()
  })

  it("leads from any experiment to the kept one it came from, and on to the root", () => {
    const tree = treeOf(rows)
    expect(shownAncestor(tree, 4)).toBe(1)
    expect(treePath(tree, 5)).toEqual([5, 1, 0])
    expect(shownAncestor(tree, -1)).toBe(-1)
    expect(tree.lanes.tried[1]).toBe(1)
  })

  it("has a form with nothing, and with one", () => {
    expect(treeOf([]).branches).toEqual([])
    const [only] = treeOf([{ value: 1 }]).branches
    expect(only?.end).toBe(20)
  })
})
