import { MIN_FREEDOM } from "./student-t.ts"

/** Most degrees of freedom that one pair of keys, or the repetitions of one key, can give the estimate. */
const MAX_WEIGHT = 16

/** Squared differences, and the degrees of freedom that they are of. */
export interface Total {
  weight: number
  squares: number
}

/** What is known of how two keys' results differ, or, with a key twice, of how its own runs do. */
export interface Spread extends Total {
  /** Numbers of keys. */
  readonly a: number
  readonly b: number
}

/** No two keys, and no key alone, decide the estimate, however much they reran. */
export function limited(spread: Spread): Spread {
  if (spread.weight <= MAX_WEIGHT) return spread
  return { ...spread, weight: MAX_WEIGHT, squares: spread.squares * (MAX_WEIGHT / spread.weight) }
}

/** Variance of a key's result, and the whole degrees of freedom it rests on. */
export interface Pooled {
  readonly variance: number
  readonly df: number
}

export function pool(spreads: readonly Spread[]): Pooled {
  const [between, within] = [nothing(), nothing()]
  for (const spread of spreads) addTo(spread.a === spread.b ? within : between, spread)
  return pooled(between, within)
}

/** @param between of pairs of keys; `within` of single keys' repetitions */
export function pooled(between: Total, within: Total): Pooled {
  const variance = between.weight === 0 ? 0 : between.squares / between.weight
  if (whole(between.weight) >= MIN_FREEDOM) return { variance, df: whole(between.weight) }
  const weight = between.weight + within.weight
  // Runs of one key in a row may differ less than those of two.
  const together = weight === 0 ? 0 : (between.squares + within.squares) / weight
  return { variance: Math.max(variance, together), df: whole(weight) }
}

export function nothing(): Total {
  return { weight: 0, squares: 0 }
}

export function addTo(sum: Total, { weight, squares }: Total): void {
  sum.weight += weight
  sum.squares += squares
}

/** Weights are sums of fractions: what is a whole number but for rounding is one. */
function whole(weight: number): number {
  return Math.floor(weight + 1e-9)
}
