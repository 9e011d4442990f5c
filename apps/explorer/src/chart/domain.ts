import { isBetter, mayLead, type Metric } from "@spore/api/client"
import type { Point } from "./model.ts"
import { quantile } from "./scales.ts"

/**
 * The range of values to draw, low to high: from the best to where the bulk lies. One far-off score, honest crash of
 * the metric or unlikely claim, would otherwise press everything else into a line; it is drawn at the edge instead.
 */
export function valueDomain(points: readonly Point[], goal: Metric["goal"], leastSpan: number): [number, number] {
  const leaders = points.filter((point) => mayLead(point))
  const values = points.flatMap(({ value }) => value ?? [])
  // Turned so that smaller is better, whatever the goal.
  const sign = goal === "minimize" ? 1 : -1
  const turned = values.map((value) => sign * value).toSorted((a, b) => a - b)
  if (turned.length === 0) return [0, 1]
  const first = leaders[0]?.value ?? values[0] ?? 0
  const best = bestEnd(leaders, turned, sign, goal)
  const worst = worstEnd(turned, sign * first, best)
  const span = Math.max(worst - best, leastSpan, Math.abs(first) * 1e-6)
  const middle = (worst + best) / 2
  const low = worst - best >= span ? best : middle - span / 2
  const high = worst - best >= span ? worst : middle + span / 2
  const padded: [number, number] = [low - span * 0.06, high + span * 0.06]
  return sign === 1 ? padded : [-padded[1], -padded[0]]
}

/** Enough to show every step, but not one claim that is far beyond all others together. */
function bestEnd(leaders: readonly Point[], turned: readonly number[], sign: number, goal: Metric["goal"]): number {
  const sorted = leaders
    .flatMap(({ value }) => value ?? [])
    .toSorted((a, b) => (isBetter(a, b, goal) ? -1 : 1))
    .map((value) => sign * value)
  const [best = turned[0] ?? 0, second] = sorted
  if (second === undefined || sorted.length < 8) return best
  const spread = (sorted.at(-1) ?? second) - second
  return second - best > 3 * Math.max(spread, Number.EPSILON) ? second : best
}

function worstEnd(turned: readonly number[], first: number, best: number): number {
  const bulk = quantile(turned, 0.92)
  const reach = Math.max(first - best, quantile(turned, 0.5) - best)
  // The start of the search stays in view, and of what is worse as much again.
  return Math.max(first, Math.min(bulk, first + Math.max(reach, 0)))
}
