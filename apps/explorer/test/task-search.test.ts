import { describe, expect, it } from "vitest"
import { parseTaskSearch } from "../src/pages/task/task-search.ts"

describe("task search", () => {
  it("reads what it knows and leaves out the rest", () => {
    expect(
      parseTaskSearch({
        class: "x64/26.10.0",
        x: "time",
        y: "gap",
        tab: "frontier",
        status: "keep",
        verified: false,
        verdict: "suspect",
        node: "12D3KooW",
        sort: "best",
        kind: "rerun",
      }),
    ).toEqual({
      class: "x64/26.10.0",
      x: "time",
      y: "gap",
      tab: "frontier",
      status: "keep",
      verified: false,
      verdict: "suspect",
      node: "12D3KooW",
      sort: "best",
      kind: "rerun",
    })
    expect(
      parseTaskSearch({
        class: {},
        x: 1,
        y: "up",
        tab: "experiments",
        status: "nice",
        verified: "yes",
        verdict: "fine",
        kind: "task",
        node: "x".repeat(300),
        sort: [],
      }),
    ).toEqual({})
  })

  it("keeps the empty class, which is one, and a class that looks like a number", () => {
    expect(parseTaskSearch({ class: "" })).toEqual({ class: "" })
    expect(parseTaskSearch({ class: 26 })).toEqual({ class: "26" })
  })

  it("reads what of the chart is seen, and leaves out what makes no sense", () => {
    expect(
      parseTaskSearch({ view: "tree", from: 10, to: 20.5, hide: "crashed,what,discarded", open: "3,3,-1,x,40" }),
    ).toEqual({ view: "tree", from: 10, to: 20.5, hide: "discarded,crashed", open: "3,3,40" })
    expect(parseTaskSearch({ open: 7 })).toEqual({ open: 7 })
    for (const [from, to] of [
      [20, 10],
      [1, "2"],
      [Number.NaN, 1],
      [1, undefined],
      [-Infinity, 5],
    ]) {
      expect(parseTaskSearch({ view: "plot", from, to, hide: "x", open: {} })).toEqual({})
    }
  })
})
