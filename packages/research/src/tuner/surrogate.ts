/** What a surrogate expects somewhere: a mean, and how unsure it is. */
export interface Expectation {
  readonly mean: number
  readonly deviation: number
}

/** One coordinate of the points: a place from 0 to 1, or the number of a choice. */
export type Axis = "range" | "choice"

const NOISE = 0.01
const LENGTHS = [0.15, 0.3, 0.6]
const AMPLITUDES = [0.5, 2, 8]
/** How alike two different choices are. */
const CHOICE_LIKENESS = 0.4

/**
 * Learns values of points by a Gaussian process whose kernel is a sum over the coordinates: mostly each constant has
 * an effect of its own, so what was seen of one says something wherever the others stand. Length and amplitude are
 * those of the greatest marginal likelihood.
 */
export function fitSurrogate(
  axes: readonly Axis[],
  points: readonly (readonly number[])[],
  values: readonly number[],
): (point: readonly number[]) => Expectation {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const scale = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1
  const targets = values.map((value) => (value - mean) / scale)
  const fits = LENGTHS.flatMap((length) =>
    AMPLITUDES.map((amplitude) => fit(axes, points, targets, { length, amplitude })),
  )
  const best = fits.reduce((a, b) => (b.likelihood > a.likelihood ? b : a))
  return (point) => {
    const expected = best.expect(point)
    return { mean: mean + expected.mean * scale, deviation: expected.deviation * scale }
  }
}

interface Fit {
  /** Log marginal likelihood, up to a constant. */
  readonly likelihood: number
  expect(point: readonly number[]): Expectation
}

function fit(
  axes: readonly Axis[],
  points: readonly (readonly number[])[],
  targets: readonly number[],
  { length, amplitude }: { length: number; amplitude: number },
): Fit {
  const kernel = (a: readonly number[], b: readonly number[]): number =>
    (amplitude / axes.length) * axes.reduce((sum, axis, d) => sum + likeness(axis, a[d] ?? 0, b[d] ?? 0, length), 0)
  const lower = cholesky(points.map((a, i) => points.map((b, j) => kernel(a, b) + (i === j ? NOISE : 0))))
  const weights = solveUpper(lower, solveLower(lower, targets))
  const logDeterminant = lower.reduce((sum, row, i) => sum + Math.log(row[i] ?? 1), 0)
  return {
    likelihood: -dot(targets, weights) / 2 - logDeterminant,
    expect(point) {
      const covariances = points.map((known) => kernel(point, known))
      const explained = solveLower(lower, covariances)
      const variance = kernel(point, point) - dot(explained, explained)
      return { mean: dot(covariances, weights), deviation: Math.sqrt(Math.max(0, variance)) }
    },
  }
}

function likeness(axis: Axis, a: number, b: number, length: number): number {
  if (axis === "choice") return a === b ? 1 : CHOICE_LIKENESS
  return Math.exp(-((a - b) ** 2) / (2 * length ** 2))
}

type Matrix = readonly (readonly number[])[]

/** The lower triangular L with L·Lᵀ = `matrix`, which must be positive definite. */
function cholesky(matrix: Matrix): Matrix {
  const lower: number[][] = []
  for (const [i, row] of matrix.entries()) {
    const current: number[] = []
    for (let j = 0; j < i; j++) {
      const other = lower[j] ?? []
      current.push(((row[j] ?? 0) - dot(current, other, j)) / (other[j] ?? 1))
    }
    current.push(Math.sqrt(Math.max(1e-12, (row[i] ?? 0) - dot(current, current, i))))
    lower.push(current)
  }
  return lower
}

/** x with L·x = b. */
function solveLower(lower: Matrix, b: readonly number[]): number[] {
  const x: number[] = []
  for (const [i, row] of lower.entries()) x.push(((b[i] ?? 0) - dot(row, x, i)) / (row[i] ?? 1))
  return x
}

/** x with Lᵀ·x = b. */
function solveUpper(lower: Matrix, b: readonly number[]): number[] {
  const x = [...b]
  for (let i = lower.length - 1; i >= 0; i--) {
    const solved = (x[i] ?? 0) / (lower[i]?.[i] ?? 1)
    x[i] = solved
    for (let j = 0; j < i; j++) x[j] = (x[j] ?? 0) - (lower[i]?.[j] ?? 0) * solved
  }
  return x
}

/** The sum of the products of the first `count` elements. */
function dot(a: readonly number[], b: readonly number[], count: number = a.length): number {
  let sum = 0
  for (let i = 0; i < count; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}
