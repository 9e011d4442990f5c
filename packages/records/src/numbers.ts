/** Arithmetic mean, summed in the given order so that every node rounds alike; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Median; of an even count the mean of the middle two; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  return lower === upper ? lower : middle(lower, upper)
}

/** The mean of two numbers, finite where both are. */
export function middle(a: number, b: number): number {
  const sum = a + b
  return Number.isFinite(sum) ? sum / 2 : a / 2 + b / 2
}
