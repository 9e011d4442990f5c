import { type Status, type Verdict } from "@spore/api/client"
import { type Arbitrary, array, assert, boolean, constantFrom, property, record } from "fast-check"
import { describe, expect, it } from "vitest"
import type { Point } from "../src/chart/model.ts"
import { countChoices, type Filter, isFiltered, matches, NO_FILTER, queryOf } from "../src/pages/task/filter.ts"
import { recordSteps } from "../src/pages/task/record-steps.ts"

const POINT: Point = {
  seq: 1,
  number: 1,
  parent: 0,
  value: 1,
  status: "keep",
  verdict: "unverified",
  reproduced_by: 0,
  voters: 0,
  error: null,
  candidate: false,
  frontier: false,
  promoted: false,
  created: 0,
  node: "a",
}
const statuses = constantFrom<Status>("keep", "discard", "crash")
const verdicts = constantFrom<Verdict>("unverified", "reproduced", "upheld", "suspect")
const nodes = constantFrom("a", "b", "c")
const points = array(
  record({ status: statuses, verdict: verdicts, node: nodes }).map((some): Point => ({ ...POINT, ...some })),
)
const filters: Arbitrary<Filter> = record(
  { status: statuses, verdict: verdicts, verified: boolean(), node: nodes },
  { requiredKeys: [] },
)

describe("filters of experiments", () => {
  it("count for each choice what choosing it lists", () => {
    assert(
      property(points, filters, (all, filter) => {
        const listed = (change: Filter): number =>
          all.filter((point) => matches(point, { ...filter, ...change })).length
        const choices = countChoices(all, filter)
        expect(choices.listed).toBe(listed({}))
        for (const [status, count] of choices.status) expect(count).toBe(listed({ status }))
        for (const [verdict, count] of choices.verdict) expect(count).toBe(listed({ verdict }))
        for (const [node, count] of choices.node) expect(count).toBe(listed({ node }))
        const total = [...choices.status.values()].reduce((sum, count) => sum + count, 0)
        expect(total).toBe(listed({ status: undefined }))
      }),
    )
  })

  it("ask the API for the same; a named verdict stands before whether there is a good one", () => {
    expect(queryOf({ status: "keep", verified: true, node: "a" })).toEqual({
      status: "keep",
      verified: true,
      node: "a",
    })
    expect(queryOf({ verified: true, verdict: "suspect" })).toEqual({ verdict: "suspect" })
    expect(queryOf(NO_FILTER)).toEqual({})
    expect([isFiltered(NO_FILTER), isFiltered({ verified: false })]).toEqual([false, true])
  })
})

describe("how the record moved", () => {
  const search = (values: readonly [value: number | null, promoted: boolean][]): Point[] =>
    values.map(([value, promoted], i) => ({ ...POINT, seq: i + 1, value, promoted, frontier: i === 0 }))

  it("begins with the baseline, and takes what reruns promoted and is better than all before", () => {
    const model = search([
      [3, false],
      [1, false],
      [2.5, true],
      [2.8, true],
      [null, false],
      [2, true],
    ])
    const seqs = recordSteps(model, "minimize").map(({ point, before }) => [point.seq, before])
    // 1, unverified, is no record, and 2.8 was none any more.
    expect(seqs).toEqual([
      [1, null],
      [3, 3],
      [6, 2.5],
    ])
    expect(recordSteps(model, "maximize").map(({ point }) => point.seq)).toEqual([1])
    expect(recordSteps([], "minimize")).toEqual([])
  })
})
