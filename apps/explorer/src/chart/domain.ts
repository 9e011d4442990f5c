import type { Metric } from "@spore/api/client"
import { quantileOf } from "./select.ts"

/** Values of what is looked at. */
export interface Seen {
  /** All scores but those that reruns refute; in any order, and reordered. */
  readonly values: Float64Array
  /** Of those that may be best. */
  readonly leaders: Float64Array
  /** The running best where the stretch begins, or the first that led. */
  readonly entry: number | undefined
}

/**
 * The range of values to draw, low to high: from the best to where the bulk lies. One far-off score, honest crash of
 * the metric or unlikely claim, would otherwise press everything else into a line; it is drawn at the edge instead.
 */
export function valueDomain(
  { values, leaders, entry }: Seen,
  goal: Metric["goal"],
  leastSpan: number,
): [number, number] {
  // Turned so that smaller is better, whatever the goal.
  const sign = goal === "minimize" ? 1 : -1
  const turned = sign === 1 ? values : values.map((value) => -value)
  const [any] = turned
  if (any === undefined && entry === undefined) return [0, 1]
  const first = entry === undefined ? (any ?? 0) : sign * entry
  const best = Math.min(bestEnd(leaders, turned, sign), entry === undefined ? Infinity : first)
  const worst = turned.length === 0 ? first : worstEnd(turned, first, best)
  const span = Math.max(worst - best, leastSpan, Math.abs(first) * 1e-6, Number.MIN_VALUE)
  // Room to spare is mostly on the worse side, where what comes next will lie.
  const spare = span - (worst - best)
  const low = best - spare / 4
  const high = worst + (3 * spare) / 4
  const padded: [number, number] = [low - span * 0.06, high + span * 0.06]
  return sign === 1 ? padded : [-padded[1], -padded[0]]
}

/**
 * Distances to the best to draw, low to high, all positive: five decades at most, without the far-off few.
 *
 * @param gaps of what is looked at, those at the best left out; reordered
 * @param least distance worth telling apart
 */
export function gapDomain(gaps: Float64Array, least: number): [number, number] {
  if (gaps.length === 0) return [least / 30, least * 30]
  const bulk = quantileOf(gaps, 0.99)
  let low = Infinity
  let high = 0
  for (const gap of gaps) {
    low = Math.min(low, gap)
    high = Math.max(high, gap)
  }
  const top = Math.min(high, bulk * 30)
  const bottom = Math.max(low / 1.5, top / 1e5)
  return [Math.min(bottom, top / 3), top * 1.15]
}

/** Enough to show every step, but not one claim that is far beyond all others together. */
function bestEnd(leaders: Float64Array, turned: Float64Array, sign: number): number {
  let best = Infinity
  let second = Infinity
  let worst = -Infinity
  for (const leader of leaders) {
    const value = sign * leader
    worst = Math.max(worst, value)
    if (value < best) [best, second] = [value, best]
    else second = Math.min(second, value)
  }
  if (leaders.length === 0) return turned.reduce((low, value) => Math.min(low, value), Infinity)
  if (leaders.length < 8) return best
  return second - best > 3 * Math.max(worst - second, Number.EPSILON) ? second : best
}

function worstEnd(turned: Float64Array, first: number, best: number): number {
  const bulk = quantileOf(turned, 0.92)
  const reach = Math.max(first - best, quantileOf(turned, 0.5) - best)
  // Where the stretch begins stays in view, and of what is worse as much again.
  return Math.max(first, Math.min(bulk, first + Math.max(reach, 0)))
}
