import type { Graph, Status, Verdict } from "@spore/api/client"
import { describe, expect, it } from "vitest"
import { valueDomain } from "../src/chart/domain.ts"
import { type Box, crosses, overlaps, placeLabels } from "../src/chart/labels.ts"
import { layoutChart, linesOf, nearestSpot } from "../src/chart/layout.ts"
import { bestSteps, type GraphModel, lineageOf, mergeGraph, type Point } from "../src/chart/model.ts"
import {
  linearScale,
  logScale,
  logTicks,
  niceTicks,
  quantile,
  steadyMax,
  tickDecimals,
  timeTicks,
} from "../src/chart/scales.ts"

const metric = { name: "loss", goal: "minimize", unit: "", min_effect: 0.001 } as const

interface Row {
  value: number | null
  parent?: number
  status?: Status
  verdict?: Verdict
}

/** A graph of rows, whose seq are 10, 20, … */
function graphOf(rows: readonly Row[], change: Partial<Graph> = {}, first = 10): Graph {
  const statuses: Status[] = ["keep", "discard", "crash", "unranked"]
  const verdicts: Verdict[] = ["unverified", "reproduced", "refuted"]
  return {
    task: "t",
    class: "",
    seq: first + rows.length * 10,
    since: 0,
    statuses,
    verdicts,
    nodes: ["n"],
    columns: {
      seq: rows.map((_, i) => first + i * 10),
      parent: rows.map(({ parent = 0 }) => parent),
      value: rows.map(({ value }) => value),
      status: rows.map(({ value, status = value === null ? "crash" : "keep" }) => statuses.indexOf(status)),
      verdict: rows.map(({ verdict = "unverified" }) => verdicts.indexOf(verdict)),
      reproduced_by: rows.map((_, i) => i % 2),
      voters: rows.map((_, i) => i % 3),
      error: rows.map(({ value }) => (value === null ? null : 0.01)),
      flags: rows.map((_, i) => i % 8),
      created: rows.map((_, i) => 1000 + i * 60),
      node: rows.map(() => 0),
    },
    steps: [],
    ...change,
  }
}

const modelOf = (rows: readonly Row[]): GraphModel => mergeGraph(undefined, graphOf(rows))
const points = (values: readonly number[], status: Status = "keep"): Point[] => [
  ...modelOf(values.map((value) => ({ value, status }))).points,
]

describe("scales", () => {
  it("map domains to pixels", () => {
    expect(linearScale([0, 10], [100, 0]).toPixel(2.5)).toBe(75)
    expect(linearScale([3, 3], [0, 100]).toPixel(3)).toBe(50)
    expect(logScale([0.01, 100], [0, 400]).toPixel(1)).toBeCloseTo(200)
  })

  it("tick at round values that show as such", () => {
    expect(niceTicks([0, 1], 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(niceTicks([1.013, 1.131], 4)).toEqual([1.02, 1.04, 1.06, 1.08, 1.1, 1.12])
    expect(niceTicks([-7, 12], 4)).toEqual([-5, 0, 5, 10])
    expect(niceTicks([5, 5], 4)).toEqual([5])
    expect(tickDecimals([0.1, 0.15])).toBe(2)
    expect(tickDecimals([10, 20])).toBe(0)
    expect(logTicks([0.01, 1])).toEqual([0.01, 0.1, 1])
    expect(logTicks([0.1, 1])).toEqual([0.1, 0.2, 0.5, 1])
  })

  it("tick at round times of the local clock", () => {
    const noon = 1_780_012_800 - (1_780_012_800 % 3600)
    expect(timeTicks([noon - 5000, noon + 5000], 4)).toEqual([noon - 3600, noon, noon + 3600])
    expect(timeTicks([noon - 5000, noon + 5000], 4, 1800)).toEqual([noon - 1800, noon + 1800])
  })

  it("give quantiles, and a domain that seldom changes", () => {
    expect(quantile([1, 2, 3, 4, 5], 0.5)).toBe(3)
    expect(quantile([1, 2], 0.25)).toBe(1.25)
    expect([0, 1, 10, 11, 100, 101, 1999].map(steadyMax)).toEqual([10, 10, 10, 12.5, 100, 125, 2000])
  })
})

describe("value domain", () => {
  it("holds everything where nothing is far off", () => {
    const [low, high] = valueDomain(points([3, 2.8, 2.5, 2.4]), "minimize", 0.01)
    expect(low).toBeLessThan(2.4)
    expect(high).toBeGreaterThan(3)
  })

  it("is not stretched by one bad score, whichever way is worse", () => {
    const values = Array.from({ length: 40 }, (_, i) => 3 - i * 0.01)
    const [, high] = valueDomain([...points(values), ...points([500], "discard")], "minimize", 0.01)
    expect(high).toBeLessThan(4)
    const [low] = valueDomain([...points(values.map((v) => -v)), ...points([-500], "discard")], "maximize", 0.01)
    expect(low).toBeGreaterThan(-4)
  })

  it("is not stretched by one unlikely claim", () => {
    const values = Array.from({ length: 40 }, (_, i) => 3 - i * 0.01)
    const [low] = valueDomain(points([...values, -900]), "minimize", 0.01)
    expect(low).toBeGreaterThan(2)
  })

  it("shows a large honest step of a short search", () => {
    const [low] = valueDomain(points([3, 1]), "minimize", 0.01)
    expect(low).toBeLessThan(1)
  })

  it("has room around a single value, and a form without any", () => {
    const [low, high] = valueDomain(points([2.5]), "minimize", 0.01)
    expect(low).toBeLessThan(2.5)
    expect(high).toBeGreaterThan(2.5)
    expect(valueDomain([], "minimize", 0.01)).toEqual([0, 1])
  })
})

describe("model", () => {
  it("adds deltas to what is known, new and changed alike", () => {
    const first = modelOf([{ value: 3 }, { value: 2, parent: 10 }])
    const delta = graphOf(
      [
        { value: 2.2, parent: 10, verdict: "refuted" },
        { value: 1, parent: 20 },
      ],
      { since: 30, seq: 40 },
      20,
    )
    const merged = mergeGraph(first, delta)
    expect(merged.points.map(({ seq, number, value }) => [seq, number, value])).toEqual([
      [10, 1, 3],
      [20, 2, 2.2],
      [30, 3, 1],
    ])
    expect(merged.seq).toBe(40)
    expect(merged.bySeq.get(20)?.verdict).toBe("refuted")
    const same = mergeGraph(merged, graphOf([], { since: 40, seq: 50 }))
    expect(same.points).toBe(merged.points)
    expect(same.seq).toBe(50)
    expect(mergeGraph(merged, graphOf([{ value: 9 }])).points).toHaveLength(1)
  })

  it("follows lineage to the root, and ends even where the data goes in circles", () => {
    const model = modelOf([{ value: 3 }, { value: 2, parent: 10 }, { value: 1, parent: 20 }])
    expect(lineageOf(model, model.bySeq.get(30)).map(({ seq }) => seq)).toEqual([30, 20, 10])
    const circle = modelOf([
      { value: 3, parent: 20 },
      { value: 2, parent: 10 },
    ])
    expect(lineageOf(circle, circle.bySeq.get(20)).length).toBeLessThan(5)
    expect(bestSteps(model, "minimize").map(({ seq }) => seq)).toEqual([10, 20, 30])
  })
})

describe("layout", () => {
  const options = { width: 800, height: 400, metric, xAxis: "number", yAxis: "value" } as const
  const rows: Row[] = [
    { value: 3 },
    { value: null, parent: 10 },
    { value: 2.5, parent: 10 },
    { value: 900, parent: 10, status: "discard" },
    ...Array.from({ length: 30 }, (_, i): Row => ({ value: 2.6 + i * 0.01, parent: 30, status: "discard" })),
  ]

  it("puts crashes on their own line and far-off values at the edge", () => {
    const layout = layoutChart(modelOf(rows), options)
    const [, crash, best, far] = layout.spots
    expect(crash?.y).toBe(layout.crashY)
    expect(layout.crashY).toBeLessThan(layout.plot.top)
    expect(far).toMatchObject({ beyond: true, y: layout.plot.top })
    expect(layout.beyond).toBe(1)
    expect(best?.y).toBeGreaterThan(layout.plot.top)
    expect(layout.lineage.map(({ point }) => point.seq)).toEqual([30, 10])
    expect(layout.yTicks.length).toBeGreaterThan(2)
  })

  it("keeps every point within the plot, on every axis and goal", () => {
    for (const goal of ["minimize", "maximize"] as const) {
      for (const xAxis of ["number", "time"] as const) {
        for (const yAxis of ["value", "gap"] as const) {
          for (const some of [rows, rows.slice(0, 1), rows.slice(1, 2), []]) {
            const layout = layoutChart(modelOf(some), { ...options, metric: { ...metric, goal }, xAxis, yAxis })
            const { left, right, top, bottom } = layout.plot
            const outside = layout.spots.filter(
              ({ point, x, y }) =>
                !(
                  x >= left &&
                  x <= right &&
                  ((y >= top && y <= bottom) || (point.value === null && y === layout.crashY))
                ),
            )
            expect(outside).toEqual([])
          }
        }
      }
    }
  })

  it("finds the experiment pointed at", () => {
    const layout = layoutChart(modelOf(rows), options)
    const [first] = layout.spots
    expect(nearestSpot(layout, (first?.x ?? 0) + 3, (first?.y ?? 0) - 3, 20)).toBe(first)
    expect(nearestSpot(layout, -500, -500, 20)).toBeUndefined()
  })
})

describe("labels", () => {
  const plot: Box = { left: 50, top: 20, right: 800, bottom: 400 }

  it("never cover each other, a line, a mark or the edge, and name the largest steps first", () => {
    const values = Array.from({ length: 60 }, (_, i) => 3 - Math.sqrt(i) * 0.2)
    const layout = layoutChart(modelOf(values.map((value, i) => ({ value, parent: i * 10 }))), {
      width: 900,
      height: 420,
      metric,
      xAxis: "number",
      yAxis: "value",
    })
    const candidates = layout.steps.slice(1).map((spot, i) => ({
      text: `step ${i}`,
      width: 60 + (i % 5) * 12,
      x: spot.x,
      y: spot.y,
      weight: Math.abs((layout.steps[i]?.y ?? 0) - spot.y),
    }))
    const lines = linesOf(layout)
    const marks = layout.spots.map(({ x, y }) => ({ left: x - 6, right: x + 6, top: y - 6, bottom: y + 6 }))
    const labels = placeLabels(candidates, lines, marks, layout.plot, { max: 8, betterIsDown: true })
    expect(labels.length).toBeGreaterThan(2)
    expect(labels.length).toBeLessThanOrEqual(8)
    for (const [i, label] of labels.entries()) {
      expect(lines.some((line) => crosses(label, line))).toBe(false)
      expect(marks.some((mark) => overlaps(label, mark))).toBe(false)
      expect(labels.some((other, j) => j !== i && overlaps(label, other))).toBe(false)
      expect(label.left).toBeGreaterThanOrEqual(layout.plot.left)
      expect(label.right).toBeLessThanOrEqual(layout.plot.right)
    }
  })

  it("leave out what has no room", () => {
    const one = { text: "wide", width: 2000, x: 400, y: 200, weight: 1 }
    expect(placeLabels([one], [], [], plot, { max: 5, betterIsDown: true })).toEqual([])
  })

  it("prefer the larger gain where two want the same place", () => {
    const at = { width: 700, x: 780, y: 200 }
    const labels = placeLabels(
      [
        { ...at, text: "small", weight: 1 },
        { ...at, text: "large", weight: 9 },
      ],
      [],
      [],
      plot,
      { max: 1, betterIsDown: true },
    )
    expect(labels.map(({ text }) => text)).toEqual(["large"])
  })

  it("know when a segment meets a box", () => {
    const box = { left: 0, top: 0, right: 10, bottom: 10 }
    expect(crosses(box, { x1: -5, y1: 5, x2: 15, y2: 5 })).toBe(true)
    expect(crosses(box, { x1: 2, y1: 2, x2: 3, y2: 3 })).toBe(true)
    expect(crosses(box, { x1: -5, y1: 12, x2: 15, y2: 12 })).toBe(false)
    expect(crosses(box, { x1: -5, y1: 0, x2: 0, y2: 20 })).toBe(false)
  })
})
