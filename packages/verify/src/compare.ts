import { middle, type Noise, type TaskTerms } from "@spore/records"
import { quantilesAt } from "./student-t.ts"

/** How much better `value` is than `other` in the direction of the metric's goal. */
export function gainOf({ metric }: TaskTerms, value: number, other: number): number {
  return metric.goal === "minimize" ? other - value : value - other
}

/** A difference of two results in its standard deviations; null where there is no noise to measure by. */
export function inDeviations(noise: Noise | null, difference: number): number | null {
  return noise === null || noise.sd === 0 ? null : difference / (noise.sd * Math.SQRT2)
}

/** The worse of two values. */
export function worse(task: TaskTerms, a: number, b: number): number {
  return gainOf(task, a, b) > 0 ? b : a
}

/** By how much a result may be worse than a claim without speaking against it, whatever the noise. */
export function tolerance({ metric, replay }: TaskTerms, claim: number): number {
  const tolerated = Math.max(replay.absTol, replay.relTol * Math.abs(claim))
  return replay.mode === "noisy" ? Math.max(tolerated, metric.minEffect) : tolerated
}

/** The variance of a median of `n` results, as a share of one's: exact for 1 and 2, and close above. */
export function medianVariance(n: number): number {
  return n <= 2 ? 1 / n : Math.PI / (2 * n + Math.PI - 2)
}

/**
 * How far the median of `n` results is worse than a claim, in standard errors of that difference; 0 within the
 * tolerance, and infinite where there is no noise to explain it.
 */
export function tStatistic(task: TaskTerms, noise: Noise, claim: number, result: number, n: number): number {
  const gap = gainOf(task, claim, result)
  if (gap <= tolerance(task, claim)) return 0
  return noise.sd === 0 ? Infinity : gap / (noise.sd * Math.sqrt(1 + medianVariance(n)))
}

/**
 * The values between which a key's result agrees with a claim, inclusive; on the better side open in noisy replay,
 * where only a worse result speaks against the claim. Null while the noise of the class is not known.
 */
export function agreementBand(
  task: TaskTerms,
  noise: Noise | null,
  claim: number,
): { readonly low: number; readonly high: number } | null {
  const tolerated = tolerance(task, claim)
  if (task.replay.mode !== "noisy") return { low: claim - tolerated, high: claim + tolerated }
  const reach = reachOf(task, noise, claim)
  if (reach === null) return null
  return task.metric.goal === "minimize"
    ? { low: -Infinity, high: claim + reach }
    : { low: claim - reach, high: Infinity }
}

/** How much worse than a claim a key's result may be in noisy replay; null while the noise is not known. */
function reachOf(task: TaskTerms, noise: Noise | null, claim: number): number | null {
  const quantile = noise === null ? undefined : quantilesAt(noise.df)?.t9995
  return noise === null || quantile === undefined
    ? null
    : Math.max(tolerance(task, claim), quantile * noise.sd * Math.SQRT2)
}

/** Whether a key's result agrees with a claim; while the noise is not known none does. */
export function isMatch(task: TaskTerms, noise: Noise | null, claim: number, result: number): boolean {
  if (task.replay.mode !== "noisy") return Math.abs(result - claim) <= tolerance(task, claim)
  const reach = reachOf(task, noise, claim)
  // By their difference, as the spec has it: claim − reach rounds otherwise.
  return reach !== null && gainOf(task, claim, result) <= reach
}

/** The middle value by weight; the mean of two where half the weight lies on each side. NaN of nothing. */
export function weightedMedian(values: readonly { readonly value: number; readonly weight: number }[]): number {
  const sorted = values.toSorted((a, b) => (a.value === b.value ? 0 : a.value < b.value ? -1 : 1))
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2
  let below = 0
  for (const [i, { value, weight }] of sorted.entries()) {
    below += weight
    if (below > half) return value
    const next = sorted[i + 1]
    if (below === half && next !== undefined) return value === next.value ? value : middle(value, next.value)
  }
  return Number.NaN
}
