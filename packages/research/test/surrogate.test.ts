import { seededRandom } from "@spore/records"
import { expect, test } from "vitest"
import { type Axis, type Expectation, fitSurrogate } from "../src/tuner/surrogate.ts"

const target = ([a = 0, b = 0, c = 0]: readonly number[]): number => (a - 0.7) ** 2 + 0.3 * b + (c === 1 ? 0 : 0.2)

const RANGE: Axis = { kind: "range", weight: 1 }
const AXES: Axis[] = [RANGE, RANGE, { kind: "choice", weight: 1 }]

/** What is expected of a point of frame 0, learned from points of these frames, in the values' own units. */
async function learn(
  axes: readonly Axis[],
  points: readonly (readonly number[])[],
  values: readonly number[],
  frames: readonly number[] = [],
): Promise<(point: readonly number[]) => Expectation> {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const scale = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1
  const known = points.map((at, i) => ({ at: Float64Array.from(at), frame: frames[i] ?? 0 }))
  const scaled = values.map((value) => (value - mean) / scale)
  const expectAt = await fitSurrogate(axes, known, scaled, async () => undefined)
  return (point) => {
    const expected = expectAt({ at: Float64Array.from(point), frame: 0 })
    return { mean: mean + scale * expected.mean, deviation: scale * expected.deviation }
  }
}

function sample(count: number): { points: number[][]; values: number[] } {
  const random = seededRandom(5)
  const points = Array.from({ length: count }, () => [random.next(), random.next(), Math.floor(random.next() * 3)])
  return { points, values: points.map(target) }
}

test("it expects at known points what was seen there, with little doubt", async () => {
  const { points, values } = sample(20)
  const expectAt = await learn(AXES, points, values)
  for (const [i, point] of points.entries()) {
    const { mean, deviation } = expectAt(point)
    expect(mean).toBeCloseTo(values[i] ?? NaN, 1)
    expect(deviation).toBeLessThan(0.05)
  }
})

test("it foretells unseen points of a sum of effects", async () => {
  const { points, values } = sample(40)
  const expectAt = await learn(AXES, points, values)
  const random = seededRandom(6)
  for (let i = 0; i < 50; i++) {
    const point = [random.next(), random.next(), Math.floor(random.next() * 3)]
    expect(Math.abs(expectAt(point).mean - target(point))).toBeLessThan(0.06)
  }
})

test("it doubts more, the farther away from what was seen", async () => {
  const expectAt = await learn([RANGE], [[0.1], [0.2]], [1, 2])
  expect(expectAt([0.9]).deviation).toBeGreaterThan(expectAt([0.3]).deviation)
  expect(expectAt([0.3]).deviation).toBeGreaterThan(expectAt([0.15]).deviation)
})

test("it can be asked with one point, equal points and equal values", async () => {
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
    const { mean, deviation } = (await learn([RANGE], points, values))([0.6])
    expect(mean).toBeGreaterThanOrEqual(3)
    expect(mean).toBeLessThanOrEqual(4)
    expect(deviation).toBeGreaterThanOrEqual(0)
  }
})

test("what was seen with other code counts, but less", async () => {
  const [points, values] = [
    [[0.1], [0.5], [0.9]],
    [3, 2, 1],
  ]
  const same = (await learn([RANGE], points, values))([0.9])
  const other = (await learn([RANGE], points, values, [1, 1, 1]))([0.9])
  expect(same.mean).toBeLessThan(other.mean)
  expect(other.mean).toBeLessThan(2)
  expect(other.deviation).toBeGreaterThan(same.deviation)
})

test("a coordinate without effect is alike wherever it has none", async () => {
  const points = [
    [0.1, NaN],
    [0.5, NaN],
    [0.9, NaN],
    [0.5, 0.2],
  ]
  const expectAt = await learn([RANGE, RANGE], points, [1, 2, 3, 5])
  expect(expectAt([0.5, NaN]).mean).toBeCloseTo(2, 0)
  expect(expectAt([0.5, 0.2]).mean).toBeGreaterThan(3.5)
})
