import { FLAG_FRONTIER, FLAG_PROMOTED, isBetter, type Metric } from "@spore/api/client"
import { type GraphModel, type Point, pointAt } from "../../chart/model.ts"

/** One holder of the record, and the value it improved on; null for the baseline, which began it. */
export interface RecordStep {
  readonly point: Point
  readonly before: number | null
}

/** What a record can be made of: what was promoted, and the baseline. */
export function* standingPoints(model: GraphModel): Generator<Point> {
  for (let i = 0; i < model.count; i++) {
    const stands = ((model.columns.flags[i] ?? 0) & (FLAG_PROMOTED | FLAG_FRONTIER)) !== 0
    const point = stands ? pointAt(model, i) : undefined
    if (point !== undefined) yield point
  }
}

/**
 * How the record that reruns stand behind moved: the baseline, then each promoted experiment that is better than all of
 * them before it, in the order in which this node stored them. Claims that reruns did not promote are not in it.
 */
export function recordSteps(points: Iterable<Point>, goal: Metric["goal"]): RecordStep[] {
  const steps: RecordStep[] = []
  for (const point of points) {
    const before = steps.at(-1)?.point.value ?? null
    if (point.value === null) continue
    const isBaseline = steps.length === 0 && point.frontier && !point.promoted
    const isRecord = point.promoted && (before === null || isBetter(point.value, before, goal))
    if (isBaseline || isRecord) steps.push({ point, before })
  }
  return steps
}
