import { choleskyOf, dot, inverseOf, type Matrix, quadratic, solveLower, solveUpper } from "./matrix.ts"

/** What a surrogate expects somewhere: a mean, and how unsure it is. */
export interface Expectation {
  readonly mean: number
  readonly deviation: number
}

/** One coordinate of the points. */
export interface Axis {
  /** A place from 0 to 1, or the number of a choice. */
  readonly kind: "range" | "choice"
  /** How much of the differences it is thought to make before anything is known, beside the other axes. */
  readonly weight: number
}

/** Somewhere in the space, and in which code: coordinates that have no effect there are NaN. */
export interface Point {
  readonly at: Float64Array
  /** Points of one number are of the same code but for the coordinates. */
  readonly frame: number
}

export type Surrogate = (point: Point) => Expectation

/** Typical distances within which a constant's effect is alike. */
const LENGTHS = [0.15, 0.5]
/** The same for all constants together, for one of them. */
const JOINT_LENGTHS = [0.12, 0.35]
/** The share of the differences that is thought to come of constants acting together, and of nothing known. */
const JOINT_WEIGHT = 0.3
const NOISE_WEIGHT = 0.02
/** How alike the effects are in other code. */
const TRANSFER = 0.5
/** How strongly what is thought beforehand binds. */
const PRIOR = 0.1
const ROUNDS = 12

/**
 * Learns values, of mean 0 and variance 1, by a Gaussian process whose covariance is a sum of parts: for every
 * coordinate its own effect, rough and smooth (an additive process: Duvenaud, Nickisch and Rasmussen, 2011), the
 * effect of all together, and noise. How much each part counts is found by the MM algorithm for variance components
 * (Zhou, Hu, Zhou and Lange, 2019), held to prior weights: a coordinate that nobody varied stays worth a look. What
 * other code says counts less (multi-task processes: Swersky, Snoek and Adams, 2013). `pause` is awaited between
 * pieces of work of some milliseconds.
 */
export async function fitSurrogate(
  axes: readonly Axis[],
  points: readonly Point[],
  values: readonly number[],
  pause: () => Promise<void>,
): Promise<Surrogate> {
  const count = points.length
  const weights = priorWeights(axes)
  const parts = weights.map(() => new Float64Array(count * count))
  const buffer = new Float64Array(weights.length)
  for (const [i, a] of points.entries()) {
    for (let j = 0; j <= i; j++) {
      const b = points[j]
      if (b === undefined) continue
      likenesses(axes, a, b, buffer)
      for (const [m, part] of parts.entries()) part[i * count + j] = part[j * count + i] = buffer[m] ?? 0
    }
    await pause()
  }
  const targets = Float64Array.from(values)
  const shares = Float64Array.from(weights)
  let noise = NOISE_WEIGHT
  let fitted = solve(parts, shares, noise, targets)
  for (let round = 0; round < ROUNDS; round++) {
    const inverse = inverseOf(fitted.lower, count)
    await pause()
    for (const [m, part] of parts.entries()) {
      const explained = quadratic(part, fitted.weights)
      const spread = dot(part, inverse)
      shares[m] = balanced(shares[m] ?? 0, explained, spread, weights[m] ?? 0)
    }
    const trace = Array.from({ length: count }, (_, i) => inverse[i * count + i] ?? 0).reduce((sum, x) => sum + x, 0)
    noise = Math.max(1e-4, balanced(noise, dot(fitted.weights, fitted.weights), trace, NOISE_WEIGHT))
    await pause()
    fitted = solve(parts, shares, noise, targets)
  }
  const total = shares.reduce((sum, share) => sum + share, 0)
  return (point) => {
    const covariances = new Float64Array(count)
    for (const [i, known] of points.entries()) {
      likenesses(axes, point, known, buffer)
      covariances[i] = buffer.reduce((sum, likeness, m) => sum + likeness * (shares[m] ?? 0), 0)
    }
    let mean = 0
    for (let i = 0; i < count; i++) mean += (covariances[i] ?? 0) * (fitted.weights[i] ?? 0)
    solveLower(fitted.lower, covariances)
    return { mean, deviation: Math.sqrt(Math.max(0, total - dot(covariances, covariances))) }
  }
}

/** A share of the variance after one step of the MM algorithm; its prior is symmetric in the share's logarithm. */
function balanced(share: number, explained: number, spread: number, prior: number): number {
  return Math.sqrt((share ** 2 * explained + PRIOR * prior) / (spread + PRIOR / prior))
}

/** For each part of the covariance, in the order of `likenesses`, what it is thought to count. */
function priorWeights(axes: readonly Axis[]): number[] {
  const total = axes.reduce((sum, { weight }) => sum + weight, 0)
  const own = axes.flatMap(({ kind, weight }) => {
    const share = ((1 - JOINT_WEIGHT) * weight) / total
    return kind === "choice" ? [share] : LENGTHS.map(() => share / LENGTHS.length)
  })
  return [...own, ...JOINT_LENGTHS.map(() => JOINT_WEIGHT / JOINT_LENGTHS.length)]
}

/** How alike two points are in each part, from 0 to 1. */
function likenesses(axes: readonly Axis[], a: Point, b: Point, into: Float64Array): void {
  const transfer = a.frame === b.frame ? 1 : TRANSFER
  let part = 0
  let apart = 0
  for (let d = 0; d < axes.length; d++) {
    const [x, y] = [a.at[d] ?? NaN, b.at[d] ?? NaN]
    const [isOn, bothOff] = [x === x && y === y, x !== x && y !== y]
    if (axes[d]?.kind === "choice") {
      const same = isOn ? x === y : bothOff
      into[part++] = same ? transfer : 0
      if (!same) apart += 0.25
    } else {
      const distance = isOn ? (x - y) ** 2 : 0
      for (const length of LENGTHS) {
        into[part++] = isOn ? transfer * Math.exp(-distance / (2 * length ** 2)) : bothOff ? transfer : 0
      }
      apart += isOn ? distance : bothOff ? 0 : 0.1
    }
  }
  for (const length of JOINT_LENGTHS) into[part++] = transfer * Math.exp(-apart / (2 * length ** 2 * axes.length))
}

interface Solved {
  readonly lower: Matrix
  /** The inverse of the covariance, times the values. */
  readonly weights: Float64Array
}

function solve(parts: readonly Float64Array[], shares: Float64Array, noise: number, targets: Float64Array): Solved {
  const count = targets.length
  const covariance = new Float64Array(count * count)
  for (const [m, part] of parts.entries()) {
    const share = shares[m] ?? 0
    for (let i = 0; i < part.length; i++) covariance[i] = (covariance[i] ?? 0) + share * (part[i] ?? 0)
  }
  for (let i = 0; i < count; i++) covariance[i * count + i] = (covariance[i * count + i] ?? 0) + noise
  const lower = choleskyOf(covariance, count)
  return { lower, weights: solveUpper(lower, solveLower(lower, Float64Array.from(targets))) }
}
