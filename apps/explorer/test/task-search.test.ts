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
        node: "12D3KooW",
        sort: "best",
      }),
    ).toEqual({
      class: "x64/26.10.0",
      x: "time",
      y: "gap",
      tab: "frontier",
      status: "keep",
      verified: false,
      node: "12D3KooW",
      sort: "best",
    })
    expect(
      parseTaskSearch({
        class: {},
        x: 1,
        y: "up",
        tab: "experiments",
        status: "nice",
        verified: "yes",
        node: "x".repeat(300),
        sort: [],
      }),
    ).toEqual({})
  })

  it("keeps the empty class, which is one, and a class that looks like a number", () => {
    expect(parseTaskSearch({ class: "" })).toEqual({ class: "" })
    expect(parseTaskSearch({ class: 26 })).toEqual({ class: "26" })
  })
})
