import type { Metric, Status, Verdict } from "./dto/common.ts"

/** What the running best is computed from: experiments of one class in the order in which they are numbered. */
export interface BestPoint {
  readonly value: number | null
  readonly status: Status
  readonly verdict: Verdict
}

/** Whether `a` is better than `b` under the metric's goal. */
export function isBetter(a: number, b: number, goal: Metric["goal"]): boolean {
  return goal === "minimize" ? a < b : a > b
}

/** Whether a point may be best: kept, and not refuted by reruns. */
export function mayLead(point: BestPoint): point is BestPoint & { readonly value: number } {
  return point.value !== null && point.status === "keep" && point.verdict !== "refuted"
}

/** Indices of the points that are better than all that may lead before them: the steps of the running best. */
export function runningBest(points: readonly BestPoint[], goal: Metric["goal"]): number[] {
  const steps: number[] = []
  let best: number | null = null
  for (const [i, point] of points.entries()) {
    if (mayLead(point) && (best === null || isBetter(point.value, best, goal))) {
      best = point.value
      steps.push(i)
    }
  }
  return steps
}
