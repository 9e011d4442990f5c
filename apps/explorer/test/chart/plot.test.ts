import { type Graph, runningBest } from "@spore/api/client"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { gapDomain, valueDomain } from "../../src/chart/domain.ts"
import { createHitGrid } from "../../src/chart/hit-grid.ts"
import { type Box, crosses, overlaps, placeLabels } from "../../src/chart/labels.ts"
import { factsOf, LAYERS, MARK, parseLayers } from "../../src/chart/layers.ts"
import { type ChartLayout, type ChartOptions, layoutChart, linesOf } from "../../src/chart/layout.ts"
import { bestSteps, type GraphModel, indexOfSeq, lineageOf, mergeGraph, pointAt } from "../../src/chart/model.ts"
import { fit, pan, type Range, roundRange, zoom } from "../../src/chart/range.ts"
import {
  linearScale,
  logScale,
  logTicks,
  niceTicks,
  quantile,
  steadyMax,
  tickDecimals,
  timeTicks,
} from "../../src/chart/scales.ts"
import { quantileOf, selectNth } from "../../src/chart/select.ts"
import { walk } from "../../src/chart/walk.ts"
import { syntheticGraph } from "../support/synthetic-graph.ts"
import { graphOf, metric, modelOf, type Row } from "./graph.ts"

const options = { width: 800, height: 400, metric, xAxis: "number", yAxis: "value" } as const

function layoutOf(rows: readonly Row[], change: Partial<ChartOptions> = {}): ChartLayout {
  const all = { ...options, ...change }
  const model = modelOf(rows)
  return layoutChart(model, factsOf(model, all.metric.goal), all)
}

const domainOf = (values: readonly number[], goal: "minimize" | "maximize" = "minimize", others: number[] = []) =>
  valueDomain(
    { values: Float64Array.from([...values, ...others]), leaders: Float64Array.from(values), entry: values[0] },
    goal,
    0.01,
  )

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

  it("end, however far apart and large what they span is", () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(number, number, (a, b) => {
        const [low, high] = a < b ? ([a, b] as const) : ([b, a] as const)
        expect(niceTicks([low, high], 8).length).toBeLessThan(100)
        expect(timeTicks([low, high], 8).length).toBeLessThan(100)
        expect(logTicks([Math.abs(a), Math.abs(b)]).length).toBeLessThan(1000)
      }),
    )
    expect(logTicks([1e305, Infinity])).toEqual([])
    expect(timeTicks([1e300, 1e300 + 1e284], 4).length).toBeLessThan(100)
  })

  it("give quantiles, and a domain that seldom changes", () => {
    expect(quantile([1, 2, 3, 4, 5], 0.5)).toBe(3)
    expect(quantile([1, 2], 0.25)).toBe(1.25)
    expect([0, 1, 10, 11, 100, 101, 1999].map(steadyMax)).toEqual([10, 10, 10, 12.5, 100, 125, 2000])
  })

  it("select what sorting would put there", () => {
    // Sorting puts -0 before 0, which are one to a chart.
    const values = fc.double({ noNaN: true }).map((value) => value + 0)
    fc.assert(
      fc.property(fc.array(values, { minLength: 1 }), fc.nat(), (all, at) => {
        const k = at % all.length
        const sorted = Float64Array.from(all).toSorted()
        expect(selectNth(Float64Array.from(all), k)).toEqual(sorted[k])
      }),
    )
    expect(quantileOf(new Float64Array(0), 0.5)).toBeNaN()
  })
})

describe("range", () => {
  const whole: Range = [1, 1000]
  const ranges = fc
    .tuple(fc.double({ min: -2000, max: 3000, noNaN: true }), fc.double({ min: 0, max: 3000, noNaN: true }))
    .map(([from, span]): Range => [from, from + span])

  it("stays within the whole and never shrinks below the least", () => {
    const moves = [
      fc.record({ kind: fc.constant("pan" as const), by: fc.double({ min: -1e4, max: 1e4, noNaN: true }) }),
      fc.record({
        kind: fc.constant("zoom" as const),
        at: fc.double({ min: -100, max: 2000, noNaN: true }),
        factor: fc.double({ min: 0.01, max: 100, noNaN: true }),
      }),
    ] as const
    fc.assert(
      fc.property(ranges, fc.array(fc.oneof(...moves)), (start, steps) => {
        let range = fit(start, whole, 8)
        for (const step of steps) {
          const before = range
          range = step.kind === "pan" ? pan(range, step.by, whole) : zoom(range, step.at, step.factor, whole, 8)
          expect(range[0]).toBeGreaterThanOrEqual(whole[0] - 1e-6)
          expect(range[1]).toBeLessThanOrEqual(whole[1] + 1e-6)
          expect(range[1] - range[0]).toBeGreaterThanOrEqual(8 - 1e-6)
          const wanted = step.kind === "pan" ? before[1] - before[0] : range[1] - range[0]
          expect(range[1] - range[0]).toBeCloseTo(wanted, 6)
        }
      }),
    )
  })

  it("zooms around a place that stays where it is", () => {
    const range = zoom([100, 300], 150, 2, whole, 8)
    expect(range).toEqual([125, 225])
    expect(zoom([100, 300], 150, 1e9, whole, 8)[1] - zoom([100, 300], 150, 1e9, whole, 8)[0]).toBeCloseTo(8)
    expect(zoom(range, 200, 0.0001, whole, 8)).toEqual(whole)
  })

  it("is written with the digits that show", () => {
    expect(roundRange([1234.5678, 5678.1234])).toEqual([1235, 5678])
    expect(roundRange([10.12345, 18.6789])).toEqual([10.123, 18.679])
  })
})

describe("domain of values", () => {
  it("holds everything where nothing is far off", () => {
    const [low, high] = domainOf([3, 2.8, 2.5, 2.4])
    expect(low).toBeLessThan(2.4)
    expect(high).toBeGreaterThan(3)
  })

  it("is not stretched by one bad score, whichever way is worse", () => {
    const values = Array.from({ length: 40 }, (_, i) => 3 - i * 0.01)
    expect(domainOf(values, "minimize", [500])[1]).toBeLessThan(4)
    const turned = values.map((v) => -v)
    expect(domainOf(turned, "maximize", [-500])[0]).toBeGreaterThan(-4)
  })

  it("is not stretched by one unlikely claim, but shows a large honest step of a short search", () => {
    const values = Array.from({ length: 40 }, (_, i) => 3 - i * 0.01)
    expect(domainOf([...values, -900])[0]).toBeGreaterThan(2)
    expect(domainOf([3, 1])[0]).toBeLessThan(1)
  })

  it("has room around a single value, and a form without any", () => {
    const [low, high] = domainOf([2.5])
    expect(low).toBeLessThan(2.5)
    expect(high).toBeGreaterThan(2.5)
    const none = { values: new Float64Array(0), leaders: new Float64Array(0), entry: undefined }
    expect(valueDomain(none, "minimize", 0.01)).toEqual([0, 1])
  })

  it("of gaps is positive, rising and at most six decades long", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1e-12, max: 1e12, noNaN: true })), (gaps) => {
        const [low, high] = gapDomain(Float64Array.from(gaps), 0.001)
        expect(low).toBeGreaterThan(0)
        expect(high).toBeGreaterThan(low)
        expect(high / low).toBeLessThan(1e6)
      }),
    )
  })
})

describe("model", () => {
  it("adds deltas to what is known, new and changed alike", () => {
    const first = modelOf([{ value: 3 }, { value: 2, parent: 10 }])
    const rows: Row[] = [
      { value: 2.2, parent: 10, verdict: "refuted" },
      { value: 1, parent: 20 },
    ]
    const merged = mergeGraph(first, graphOf(rows, { since: 30, seq: 40, nodes: ["m"] }, 20))
    expect(pointsOf(merged).map((point) => [point?.seq, point?.number, point?.value, point?.node])).toEqual([
      [10, 1, 3, "n"],
      [20, 2, 2.2, "m"],
      [30, 3, 1, "m"],
    ])
    expect(merged.seq).toBe(40)
    expect(merged.bySeq.get(20)).toMatchObject({ verdict: "refuted", parent: 10, status: "keep" })
    expect([...merged.parent]).toEqual([-1, 0, 1])
    expect(merged.bySeq.get(25)).toBeUndefined()
    const same = mergeGraph(merged, graphOf([], { since: 40, seq: 50 }))
    expect(same.columns).toBe(merged.columns)
    expect(same.bySeq).toBe(merged.bySeq)
    expect(pointsOf(same).map((point) => point?.number)).toEqual([1, 2, 3])
    expect(same.seq).toBe(50)
    expect(mergeGraph(merged, graphOf([{ value: 9 }])).count).toBe(1)
  })

  it("comes to the same by deltas as at once", () => {
    const whole = syntheticGraph(400)
    const part = (from: number, to: number, since: number): Graph => ({
      ...whole,
      since,
      columns: {
        seq: whole.columns.seq.slice(from, to),
        parent: whole.columns.parent.slice(from, to),
        value: whole.columns.value.slice(from, to),
        status: whole.columns.status.slice(from, to),
        verdict: whole.columns.verdict.slice(from, to),
        reproduced_by: whole.columns.reproduced_by.slice(from, to),
        voters: whole.columns.voters.slice(from, to),
        error: whole.columns.error.slice(from, to),
        flags: whole.columns.flags.slice(from, to),
        created: whole.columns.created.slice(from, to),
        node: whole.columns.node.slice(from, to),
      },
    })
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 399 }), { maxLength: 6 }), (cuts) => {
        let model: GraphModel | undefined
        let from = 0
        for (const to of [...cuts.toSorted((a, b) => a - b), 400]) {
          // Each delta repeats a little of what is known, as one does that tells of changes.
          model = mergeGraph(model, part(Math.max(0, from - 3), to, from))
          from = to
        }
        expect(model?.columns).toEqual(mergeGraph(undefined, whole).columns)
      }),
      { numRuns: 20 },
    )
  })

  it("follows lineage to the root, and ends even where the data goes in circles", () => {
    const model = modelOf([{ value: 3 }, { value: 2, parent: 10 }, { value: 1, parent: 20 }])
    expect(lineageOf(model, 2)).toEqual([2, 1, 0])
    const circle = modelOf([
      { value: 3, parent: 20 },
      { value: 2, parent: 10 },
    ])
    expect(lineageOf(circle, 1).length).toBeLessThan(5)
  })

  it("has the API's running best", () => {
    for (const goal of ["minimize", "maximize"] as const) {
      const model = mergeGraph(undefined, syntheticGraph(600))
      expect(bestSteps(model, goal)).toEqual(
        runningBest(
          pointsOf(model).flatMap((point) => point ?? []),
          goal,
        ),
      )
    }
  })

  it("counts what each layer of the legend shows", () => {
    const model = modelOf([
      { value: 3, flags: 2 },
      { value: 2, parent: 10, verdict: "reproduced" },
      { value: 1, parent: 20, verdict: "refuted" },
      { value: 4, parent: 20, status: "discard" },
      { value: null },
      { value: null, status: "withheld" },
    ])
    const { counts, frontierEdges } = factsOf(model, "minimize")
    const expected = { best: 2, lineage: 2, kept: 2, discarded: 1, frontier: 1, reproduced: 1, disputed: 1, crashed: 2 }
    expect(counts).toEqual(expected)
    expect(frontierEdges).toEqual([])
    expect(parseLayers("crashed,nonsense,discarded")).toEqual(["discarded", "crashed"])
    expect(parseLayers("")).toEqual([])
  })
})

describe("layout", () => {
  const rows: Row[] = [
    { value: 3 },
    { value: null, parent: 10 },
    { value: 2.5, parent: 10 },
    { value: 900, parent: 10, status: "discard" },
    ...Array.from({ length: 30 }, (_, i): Row => ({ value: 2.6 + i * 0.01, parent: 30, status: "discard" })),
  ]

  it("puts crashes on their own line and far-off values at the edge", () => {
    const layout = layoutOf(rows)
    expect(layout.y[1]).toBe(layout.crashY)
    expect(layout.crashY).toBeLessThan(layout.plot.top)
    expect(layout.y[3]).toBe(layout.plot.top)
    expect(layout.beyond).toBe(1)
    expect(layout.y[2]).toBeGreaterThan(layout.plot.top)
    expect(layout.facts.lineage).toEqual([2, 0])
    expect(layout.yTicks.length).toBeGreaterThan(2)
  })

  it("keeps every point within the plot, on every axis and goal, and its scale finite", () => {
    const one = fc.record({
      value: fc.option(fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constant(2), fc.constant(-2))),
      status: fc.constantFrom("keep" as const, "discard" as const, "unranked" as const),
      verdict: fc.constantFrom("unverified" as const, "reproduced" as const, "refuted" as const),
      created: fc.integer({ min: 0, max: 2 ** 45 }),
    })
    const shown = fc.record({
      goal: fc.constantFrom("minimize" as const, "maximize" as const),
      xAxis: fc.constantFrom("number" as const, "time" as const),
      yAxis: fc.constantFrom("value" as const, "gap" as const),
      hidden: fc.subarray([...LAYERS]),
    })
    fc.assert(
      fc.property(fc.array(one, { maxLength: 40 }), shown, (some, { goal, hidden, ...axes }) => {
        const layout = layoutOf(some, { ...axes, metric: { ...metric, goal }, hidden: new Set(hidden) })
        const { left, right, top, bottom } = layout.plot
        for (const i of layout.shown) {
          const [x, y] = [layout.x[i] ?? NaN, layout.y[i] ?? NaN]
          expect(x).toBeGreaterThanOrEqual(left)
          expect(x).toBeLessThanOrEqual(right)
          expect(some[i]?.value === null ? y === Math.fround(layout.crashY) : y >= top && y <= bottom).toBe(true)
        }
        expect(layout.yTicks.every(({ at }) => Number.isFinite(at))).toBe(true)
      }),
    )
  })

  it("is not dragged by a kept claim that reruns refute", () => {
    const forged: Row = { value: -50, parent: 30, verdict: "refuted" }
    for (const yAxis of ["value", "gap"] as const) {
      const honest = layoutOf(rows, { yAxis })
      const layout = layoutOf([...rows, forged], { yAxis })
      expect(layout.yTicks.map(({ text }) => text)).toEqual(honest.yTicks.map(({ text }) => text))
      expect(layout.y[rows.length]).toBe(layout.plot.bottom)
    }
  })

  it("shows the stretch that is asked for, with values to fit it", () => {
    const many = Array.from({ length: 200 }, (_, i): Row => ({ value: 3 - i * 0.01, parent: i * 10 }))
    const layout = layoutOf(many, { range: [100, 150] })
    expect([layout.shown[0], layout.shown.at(-1)]).toEqual([99, 149])
    expect(layout.valueAt(layout.x[120] ?? 0)).toBeCloseTo(121, 1)
    const [top, bottom] = [layout.y[99] ?? 0, layout.y[149] ?? 0]
    expect(bottom - top).toBeGreaterThan(0.8 * (layout.plot.bottom - layout.plot.top))
    const byTime = layoutOf(many, { xAxis: "time", range: [1000 + 60 * 10, 1000 + 60 * 20] })
    expect([...byTime.shown]).toEqual(Array.from({ length: 11 }, (_, i) => 10 + i))
    // One from elsewhere is never empty, and never more than there is.
    expect(layoutOf(many, { range: [-5000, -4000] }).range[0]).toBe(1)
  })

  it("leaves out what is hidden, and gives its room to the rest", () => {
    const layout = layoutOf(rows, { hidden: new Set(["discarded", "crashed"]) })
    expect([...layout.shown]).toEqual([0, 2])
    expect(layout.beyond).toBe(0)
    expect(layout.shownAs[MARK.kept]).toHaveLength(2)
    const ringed = layoutOf([{ value: 1, flags: 2 }], { hidden: new Set(["kept"]) })
    expect(ringed.shown).toHaveLength(1)
  })

  it("is walked by arrow keys: neighbours, parent, best child", () => {
    const layout = layoutOf(rows)
    expect(walk(layout, -1, "ArrowLeft")).toBe(2)
    expect(walk(layout, 2, "ArrowUp")).toBe(0)
    expect(walk(layout, 0, "ArrowDown")).toBe(2)
    expect(walk(layout, 2, "ArrowDown")).toBe(4)
    expect(walk(layout, 0, "ArrowLeft")).toBeUndefined()
    expect(walk(layout, 0, "ArrowRight")).toBe(1)
    expect(walk(layout, 0, "x")).toBeUndefined()
  })

  it("finds the experiment pointed at, as looking at each would", () => {
    const places = fc.array(
      fc.tuple(fc.float({ min: 0, max: 300, noNaN: true }), fc.float({ min: 0, max: 200, noNaN: true })),
    )
    fc.assert(
      fc.property(places, fc.integer({ min: -20, max: 320 }), fc.integer({ min: -20, max: 220 }), (at, x, y) => {
        const xs = Float32Array.from(at, ([one]) => one)
        const ys = Float32Array.from(at, ([, one]) => one)
        const indices = Int32Array.from(at, (_, i) => i)
        const found = createHitGrid(xs, ys, indices, { width: 300, height: 200 }).nearest(x, y, 22)
        const distances = at.map((_, i) => Math.hypot((xs[i] ?? 0) - x, (ys[i] ?? 0) - y))
        const least = Math.min(...distances, Infinity)
        expect(distances[found]).toBe(least > 22 ? undefined : least)
      }),
    )
  })
})

describe("labels", () => {
  const plot: Box = { left: 50, top: 20, right: 800, bottom: 400 }
  const never = (): boolean => false

  it("never cover each other, a line, a mark or the edge, and name the largest steps first", () => {
    const values = Array.from({ length: 60 }, (_, i) => 3 - Math.sqrt(i) * 0.2)
    const layout = layoutOf(
      values.map((value, i) => ({ value, parent: i * 10 })),
      { width: 900, height: 420 },
    )
    const places = layout.facts.steps.map((step) => layout.place(step))
    const candidates = places.slice(1).map(({ x, y }, i) => ({
      text: `step ${i}`,
      width: 60 + (i % 5) * 12,
      x,
      y,
      weight: Math.abs((places[i]?.y ?? 0) - y),
    }))
    const lines = linesOf(layout)
    const marks = places.map(({ x, y }) => ({ left: x - 6, right: x + 6, top: y - 6, bottom: y + 6 }))
    const isMarked = (box: Box): boolean => marks.some((mark) => overlaps(box, mark))
    const labels = placeLabels(candidates, lines, isMarked, layout.plot, { max: 8, betterIsDown: true })
    expect(labels.length).toBeGreaterThan(2)
    expect(labels.length).toBeLessThanOrEqual(8)
    for (const [i, label] of labels.entries()) {
      expect(lines.some((line) => crosses(label, line))).toBe(false)
      expect(isMarked(label)).toBe(false)
      expect(labels.some((other, j) => j !== i && overlaps(label, other))).toBe(false)
      expect(label.left).toBeGreaterThanOrEqual(layout.plot.left)
      expect(label.right).toBeLessThanOrEqual(layout.plot.right)
    }
  })

  it("stand further off, with a line to their step, where all around it is taken", () => {
    const one = { text: "one", width: 60, x: 400, y: 200, weight: 1 }
    const near = { left: 320, right: 470, top: 170, bottom: 230 }
    const isMarked = (box: Box): boolean => overlaps(box, near)
    const [label] = placeLabels([one], [], isMarked, plot, { max: 5, betterIsDown: true })
    expect(label).toMatchObject({ text: "one", from: { x: 400, y: 200 } })
  })

  it("leave out what has no room", () => {
    const one = { text: "wide", width: 2000, x: 400, y: 200, weight: 1 }
    expect(placeLabels([one], [], never, plot, { max: 5, betterIsDown: true })).toEqual([])
  })

  it("prefer the larger gain where two want the same place", () => {
    const at = { width: 700, x: 780, y: 200 }
    const two = [
      { ...at, text: "small", weight: 1 },
      { ...at, text: "large", weight: 9 },
    ]
    const labels = placeLabels(two, [], never, plot, { max: 1, betterIsDown: true })
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

function pointsOf(model: GraphModel): ReturnType<typeof pointAt>[] {
  return [...model.columns.seq].map((seq) => pointAt(model, indexOfSeq(model.columns.seq, seq)))
}
