import type { GraphPoint, StoreReader, TaskRow } from "@spore/dag"
import type { ProgressStep } from "./dto/index.ts"
import { runningBest } from "./running-best.ts"

/** Steps kept with their titles: an author may take any number of tiny ones. */
const MAX_STEPS = 1000
const PAGE = 500

/** A step with how much it gained, the first of all most. */
export interface RankedStep extends ProgressStep {
  readonly gain: number
}

/** The largest steps of the running best, with titles from `before` or the store. */
export async function readSteps(
  store: StoreReader,
  task: TaskRow,
  points: readonly GraphPoint[],
  before: readonly RankedStep[],
): Promise<RankedStep[]> {
  const titles = new Map(before.map(({ seq, title }) => [seq, title]))
  const steps = largestSteps(rank(points, runningBest(points, task.terms.metric.goal)), MAX_STEPS)
  const untitled = steps.map(({ seq }) => seq).filter((seq) => !titles.has(seq))
  for (let at = 0; at < untitled.length; at += PAGE) {
    for (const row of await store.experimentsBySeq(untitled.slice(at, at + PAGE))) titles.set(row.seq, row.title)
  }
  return steps.map((step) => ({ ...step, title: titles.get(step.seq) ?? "" }))
}

function rank(points: readonly GraphPoint[], indices: readonly number[]): RankedStep[] {
  let best = Infinity
  return indices.flatMap((i): RankedStep[] => {
    const point = points[i]
    if (point === undefined || point.value === null) return []
    const { seq, value, created } = point
    const gain = Math.abs(value - best)
    best = value
    return [{ seq, number: i + 1, value, created, title: "", gain }]
  })
}

/** Those that gained most, in their order. */
export function largestSteps(steps: readonly RankedStep[], most: number): RankedStep[] {
  if (steps.length <= most) return [...steps]
  return steps
    .toSorted((a, b) => b.gain - a.gain)
    .slice(0, most)
    .toSorted((a, b) => a.seq - b.seq)
}

export function viewSteps(steps: readonly RankedStep[]): ProgressStep[] {
  return steps.map(({ seq, number, value, created, title }) => ({ seq, number, value, created, title }))
}
