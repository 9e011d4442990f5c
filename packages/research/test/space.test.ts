import { seededRandom } from "@spore/records"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { type Domain, parseTunables, type Tunable } from "../src/index.ts"
import { allows } from "../src/tuner/marks.ts"
import { firstStep, moved, placeOf, valueAt } from "../src/tuner/space.ts"
import { markedPrograms } from "./programs.ts"

type Range = Extract<Domain, { kind: "range" }>

function range(fields: Partial<Range>): Range {
  return { kind: "range", low: 0, high: 1, scale: "linear", step: null, ...fields }
}

test("places run from 0 to 1, by ratio where the mark says log", () => {
  expect(placeOf(range({ low: 10, high: 30 }), 15)).toBe(0.25)
  expect(placeOf(range({ low: 0.01, high: 1, scale: "log" }), 0.1)).toBeCloseTo(0.5, 12)
  expect(placeOf({ kind: "choice", options: ["a", "b", "c"] }, "c")).toBe(2)
  expect(placeOf(range({}), 2)).toBeNull()
  expect(placeOf(range({}), "x")).toBeNull()
})

test("values are rounded as a person would write them", () => {
  expect(valueAt(range({ low: 0.0003, high: 0.03, scale: "log" }), 0.7)).toBe(0.0075)
  expect(valueAt(range({ low: 0.9, high: 0.9995 }), 0.5)).toBe(0.9498)
  expect(valueAt(range({ low: 32, high: 112, step: 16 }), 0.5)).toBe(80)
  expect(valueAt(range({ low: 32, high: 100, step: 16 }), 1)).toBe(96)
  expect(valueAt(range({ low: 0, high: 1 }), 7)).toBe(1)
})

test("every move stays in the domain, and most change the value", () => {
  fc.assert(
    fc.property(markedPrograms, fc.nat(), fc.double({ min: 0.01, max: 2, noNaN: true }), ({ text }, seed, spread) => {
      const random = seededRandom(seed)
      for (const tunable of parseTunables(text)) {
        expect(allows(tunable.domain, moved(tunable, spread, random)), `the value of ${name(tunable)}`).toBe(true)
        expect(allows(tunable.domain, firstStep(tunable, random)), `the value of ${name(tunable)}`).toBe(true)
      }
    }),
  )
})

test("a place and its value agree to within the rounding", () => {
  const place = fc.double({ min: 0, max: 1, noNaN: true })
  const domains = [
    range({ low: -5, high: 20 }),
    range({ low: 1e-4, high: 1, scale: "log" }),
    range({ low: 2, high: 12, step: 1 }),
  ]
  fc.assert(
    fc.property(fc.constantFrom(...domains), place, (domain, at) => {
      expect(Math.abs((placeOf(domain, valueAt(domain, at)) ?? -1) - at)).toBeLessThan(0.051)
    }),
  )
})

function name({ name: own, value, domain }: Tunable): string {
  return `${own} = ${value} in ${JSON.stringify(domain)}`
}
