import { expect, test } from "vitest"
import { parseSearchPage } from "../src/pages/search/search-query.ts"

test("a search is read from a URL, whatever the router made of it", () => {
  expect(parseSearchPage({ q: " wider layers " })).toEqual({ q: "wider layers" })
  expect(parseSearchPage({ q: 42 })).toEqual({ q: "42" })
  expect(parseSearchPage({ q: true })).toEqual({ q: "true" })
  expect(parseSearchPage({ q: "x".repeat(1000) }).q).toHaveLength(256)
  for (const q of [undefined, null, "", "  ", ["a"], { a: 1 }]) expect(parseSearchPage({ q })).toEqual({})
})

test("filters that are not understood are left out", () => {
  expect(parseSearchPage({ q: "a", kind: "task", task: "bafy" })).toEqual({ q: "a", kind: "task", task: "bafy" })
  expect(parseSearchPage({ q: "a", kind: "everything", task: 7 })).toEqual({ q: "a" })
})
