import type { Experiment, Metric } from "@spore/api/client"
import { formatValue } from "../../lib/format.ts"

/** What two values tell of each other. */
export interface Difference {
  /** `b` less `a`. */
  readonly delta: number
  readonly isBetter: boolean
  /** Whether it is more than noise, and by what that is known. */
  readonly words: string
}

/** So many standard errors of the difference noise reaches in one of twenty cases. */
const BEYOND = 2

type Measured = Pick<Experiment, "value" | "error" | "noise" | "class" | "task">

/**
 * The difference of two experiments' values; null where they cannot be compared.
 *
 * @param replayMode of their task, where it is known: `exact` has no noise
 */
export function differenceOf(
  a: Measured,
  b: Measured,
  metric: Pick<Metric, "goal" | "min_effect">,
  replayMode: string | undefined,
): Difference | null {
  if (a.value === null || b.value === null || a.task !== b.task || a.class !== b.class) return null
  const delta = b.value - a.value
  const isBetter = metric.goal === "minimize" ? delta < 0 : delta > 0
  return { delta, isBetter, words: `${noiseWords(a, b, delta, replayMode)}${effectWords(delta, metric)}` }
}

/** Why two experiments have no difference. */
export function incomparableWords(a: Measured, b: Measured): string {
  if (a.task !== b.task) return "They are of different tasks: their values have nothing to do with each other."
  if (a.class !== b.class) return "They ran on different hardware: values are compared within a class only."
  return "One of them has no value."
}

function noiseWords(a: Measured, b: Measured, delta: number, replayMode: string | undefined): string {
  if (delta === 0) return "Their values are the same."
  if (replayMode === "exact" || replayMode === "artifact") return "The task’s replay is exact: no noise is in it."
  const [ofA, ofB] = [errorOf(a), errorOf(b)]
  if (ofA === null || ofB === null) return "The noise of this hardware class is not known: this may be chance."
  const sd = Math.hypot(ofA, ofB)
  if (sd === 0) return "Both values are without error."
  const size = Math.abs(delta) / sd
  const verdict = size > BEYOND ? "beyond what noise explains" : "within what noise explains"
  return `${size.toFixed(1)} standard errors of the difference: ${verdict}.`
}

/** The standard error of a value; without reruns that of one key's result. */
function errorOf({ error, noise }: Measured): number | null {
  return error ?? noise?.sd ?? null
}

function effectWords(delta: number, metric: Pick<Metric, "goal" | "min_effect">): string {
  if (metric.min_effect === 0 || delta === 0) return ""
  return Math.abs(delta) >= metric.min_effect
    ? ""
    : ` It is less than ${formatValue(metric.min_effect, metric)}, the difference that counts in this task.`
}
