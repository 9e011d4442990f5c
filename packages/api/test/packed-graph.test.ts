import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Graph, type PackedGraph, packedGraphSchema, packGraph, receivedGraphSchema } from "../src/dto/index.ts"

const NAMES = {
  task: `bafyrei${"a".repeat(52)}`,
  class: "",
  seq: 4,
  since: 0,
  statuses: ["keep" as const],
  verdicts: ["unverified" as const],
  nodes: ["n"],
  steps: [],
}

const row = fc.record({
  step: fc.integer({ min: 1, max: 1_000_000 }),
  parent: fc.nat(),
  created: fc.oneof(
    fc.nat(4_000_000_000),
    fc.nat(4_000_000_000_000).map((ms) => ms / 1000),
  ),
  value: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
})

/** A graph of rows, in which a row's parent is one of those before it. */
function graphOf(rows: readonly { step: number; parent: number; created: number; value: number | null }[]): Graph {
  let at = 0
  const seq = rows.map(({ step }) => (at += step))
  const none = rows.map(() => 0)
  return {
    ...NAMES,
    columns: {
      seq,
      parent: rows.map(({ parent }, i) => (i === 0 ? 0 : (seq[parent % i] ?? 0))),
      value: rows.map(({ value }) => value),
      status: none,
      verdict: none,
      reproduced_by: none,
      voters: none,
      error: rows.map(() => null),
      flags: none,
      created: rows.map(({ created }) => created),
      node: none,
    },
  }
}

describe("a packed graph", () => {
  it("is what was packed, with times to the millisecond and values of ten digits", () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        const graph = graphOf(rows)
        const received = receivedGraphSchema.parse(JSON.parse(JSON.stringify(packGraph(graph))))
        const { created, value, ...exact } = graph.columns
        expect(received).toMatchObject({ ...graph, columns: exact })
        for (const [i, time] of created.entries()) expect(received.columns.created[i]).toBeCloseTo(time, 3)
        const tenDigits = (one: number | null): string => (one === null ? "none" : one.toPrecision(10))
        expect(received.columns.value.map(tenDigits)).toEqual(value.map(tenDigits))
      }),
    )
  })

  it("is held on arrival to what the served one is held to", () => {
    const packed = packGraph(graphOf([1, 2].map((n) => ({ step: n, parent: 0, created: n, value: n }))))
    expect(packedGraphSchema.parse(packed)).toEqual(packed)
    const wrong: [keyof PackedGraph["columns"], unknown][] = [
      ["seq_step", [1, -2]],
      ["seq_step", [1, 2.5]],
      ["parent_back", [1, null]],
      ["value", [1, "2"]],
      ["value", [1, undefined]],
      ["created_step", [1, null]],
      ["error", {}],
      ["flags", undefined],
      ["node", [0, Number.NaN]],
    ]
    for (const [column, value] of wrong) {
      const graph = { ...packed, columns: { ...packed.columns, [column]: value } }
      expect(packedGraphSchema.safeParse(graph).success).toBe(false)
      expect(receivedGraphSchema.safeParse(graph).success).toBe(false)
    }
  })
})
