import type { Experiment } from "@spore/api/client"
import { describe, expect, it } from "vitest"
import { partingOf } from "../src/pages/compare/common-ancestor.ts"
import { parseCompareSearch } from "../src/pages/compare/compare-search.ts"
import { differenceOf, incomparableWords } from "../src/pages/compare/difference.ts"
import { parseExperimentSearch } from "../src/pages/experiment/experiment-search.ts"
import { readCurves } from "../src/pages/experiment/loss-curve-points.ts"

const metric = { goal: "minimize", min_effect: 0.001 } as const
const measured = { task: "t", class: "x", value: 2, error: null, noise: null }

describe("difference", () => {
  it("says whether it is more than noise, by what is known of it", () => {
    const words = (a: object, b: object, mode?: string): string | undefined =>
      differenceOf({ ...measured, ...a }, { ...measured, ...b }, metric, mode)?.words
    expect(words({ error: 0.003 }, { value: 1.95, error: 0.004 })).toBe(
      "10.0 standard errors of the difference: beyond what noise explains.",
    )
    expect(words({ error: 0.03 }, { value: 1.95, noise: { sd: 0.04, df: 3 } })).toMatch(/^1\.0 .* within what noise/)
    expect(words({}, { value: 1.95 })).toMatch(/not known: this may be chance/)
    expect(words({}, { value: 1.95 }, "exact")).toMatch(/^The task’s replay is exact/)
    expect(words({}, { value: 1.9995 }, "exact")).toMatch(/less than 0\.001\d*, the difference that counts/)
    expect(words({}, {}, "exact")).toBe("Their values are the same.")
  })

  it("knows which is better, and compares nothing across tasks or hardware", () => {
    expect(differenceOf(measured, { ...measured, value: 1.9 }, metric, "exact")?.isBetter).toBe(true)
    expect(
      differenceOf(measured, { ...measured, value: 1.9 }, { ...metric, goal: "maximize" }, "exact")?.isBetter,
    ).toBe(false)
    for (const other of [{ class: "y" }, { task: "u" }, { value: null }]) {
      expect(differenceOf(measured, { ...measured, ...other }, metric, "exact")).toBeNull()
    }
    expect(incomparableWords(measured, { ...measured, class: "y" })).toMatch(/different hardware/)
  })
})

describe("common ancestor", () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing but the id is looked at
  const line = (...ids: string[]): Experiment[] => ids.map((id) => ({ id }) as Experiment)
  const ids = (rows: readonly Experiment[]): string[] => rows.map(({ id }) => id)

  it("is the youngest of both lines, either of the two included", () => {
    const { ancestor, pathA, pathB } = partingOf(line("a2", "a1", "m", "root"), line("b1", "m", "root"))
    expect([ancestor?.id, ids(pathA), ids(pathB)]).toEqual(["m", ["a1", "a2"], ["b1"]])
    const above = partingOf(line("m", "root"), line("b1", "m", "root"))
    expect([above.ancestor?.id, ids(above.pathA), ids(above.pathB)]).toEqual(["m", [], ["b1"]])
    const none = partingOf(line("a"), line("b2", "b1"))
    expect([none.ancestor, ids(none.pathA), ids(none.pathB)]).toEqual([null, ["a"], ["b1", "b2"]])
  })
})

describe("queries of the address", () => {
  it("keep what they know and leave out the rest", () => {
    expect(parseExperimentSearch({ against: "best", view: "split", all: true, find: 12, x: 1 })).toEqual({
      against: "best",
      view: "split",
      all: true,
      find: "12",
    })
    expect(parseExperimentSearch({ against: "parent", view: "sideways", all: "yes", find: "" })).toEqual({})
    expect(parseCompareSearch({ a: "bafy1", b: 12, all: 1, view: "code" })).toEqual({ a: "bafy1", b: "12" })
    expect(parseCompareSearch({ a: ["x"], b: "x".repeat(300) })).toEqual({})
  })
})

describe("loss curves", () => {
  it("are read from the progress lines of any trainer, one for each run of a log", () => {
    const log = [
      "seed 17",
      "step 00010 (1.0%) | loss: 5.1 | remaining: 297s",
      "step 00020 (2.0%) | loss: 4.1 | remaining: 290s",
      "step 00030 (3.0%) | loss: 3.1 | remaining: 280s",
      "iter 0: loss 9.5, time 3ms",
      "iter 10: loss 2.5, time 3ms",
      "nothing here",
      "step 20 loss 2.25",
      "step:30/90 train_loss:2.125 lr:0.1",
    ]
    expect(readCurves(log.join("\n"))).toEqual([
      [
        { step: 10, loss: 5.1 },
        { step: 20, loss: 4.1 },
        { step: 30, loss: 3.1 },
      ],
      [
        { step: 0, loss: 9.5 },
        { step: 10, loss: 2.5 },
        { step: 20, loss: 2.25 },
        { step: 30, loss: 2.125 },
      ],
    ])
  })

  it("are thinned to what can be seen, and need a few points", () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `step ${i} loss ${1 / (i + 1)}`)
    const [curve = []] = readCurves(lines.join("\n"))
    expect(curve.length).toBe(400)
    expect([curve[0]?.step, curve.at(-1)?.step]).toEqual([0, 4999])
    expect(readCurves("step 1 loss 2\nstep 2 loss nan\nstep 3 loss 1e999")).toEqual([])
  })
})
