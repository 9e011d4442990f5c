import { seededRandom } from "@spore/records"
import { expect, test } from "vitest"
import { fitSurrogate } from "../src/tuner/surrogate.ts"

const target = ([a = 0, b = 0, c = 0]: readonly number[]): number => (a - 0.7) ** 2 + 0.3 * b + (c === 1 ? 0 : 0.2)

function sample(count: number): { points: number[][]; values: number[] } {
  const random = seededRandom(5)
  const points = Array.from({ length: count }, () => [random.next(), random.next(), Math.floor(random.next() * 3)])
  return { points, values: points.map(target) }
}

test("it expects at known points what was seen there, with little doubt", () => {
  const { points, values } = sample(20)
  const expectAt = fitSurrogate(["range", "range", "choice"], points, values)
  for (const [i, point] of points.entries()) {
    const { mean, deviation } = expectAt(point)
    expect(mean).toBeCloseTo(values[i] ?? NaN, 1)
    expect(deviation).toBeLessThan(0.05)
  }
})

test("it foretells unseen points of a sum of effects", () => {
  const { points, values } = sample(40)
  const expectAt = fitSurrogate(["range", "range", "choice"], points, values)
  const random = seededRandom(6)
  for (let i = 0; i < 50; i++) {
    const point = [random.next(), random.next(), Math.floor(random.next() * 3)]
    expect(Math.abs(expectAt(point).mean - target(point))).toBeLessThan(0.06)
  }
})

test("it doubts more, the farther away from what was seen", () => {
  const expectAt = fitSurrogate(["range"], [[0.1], [0.2]], [1, 2])
  expect(expectAt([0.9]).deviation).toBeGreaterThan(expectAt([0.3]).deviation)
  expect(expectAt([0.3]).deviation).toBeGreaterThan(expectAt([0.15]).deviation)
})

test("it can be asked with one point, equal points and equal values", () => {
  for (const [points, values] of [
    [[[0.5]], [3]],
    [
      [[0.5], [0.5]],
      [3, 4],
    ],
    [
      [[0.1], [0.9]],
      [3, 3],
    ],
  ] as const) {
    const { mean, deviation } = fitSurrogate(["range"], points, values)([0.6])
    expect(mean).toBeGreaterThanOrEqual(3)
    expect(mean).toBeLessThanOrEqual(4)
    expect(deviation).toBeGreaterThanOrEqual(0)
  }
})
