/** One measured figure beside the raw limit measured in the same run. */
export interface Row {
  suite: string
  case: string
  unit: string
  /** Median of ours. */
  value: number
  /** Median of the raw limit; null where there is none. */
  limit: number | null
  /** value / limit */
  ratio: number | null
  /** What must hold, in words; null for a figure that is only reported. */
  bar: string | null
  pass: boolean | null
}

/** A bar on the ratio to the limit, or on the value itself. */
export interface Bar {
  text: string
  holds(value: number, ratio: number): boolean
}

/** The bar that a value is no more than so many of its unit. */
export function atMost(most: number, unit: string): Bar {
  return { text: `<= ${most} ${unit}`, holds: (value) => value <= most }
}

/** Makes a row; the bar is judged here. */
export function row(
  suite: string,
  name: string,
  unit: string,
  value: number,
  { limit = null, bar = null }: { limit?: number | null; bar?: Bar | null } = {},
): Row {
  const ratio = limit === null ? null : value / limit
  return {
    suite,
    case: name,
    unit,
    value,
    limit,
    ratio,
    bar: bar?.text ?? null,
    pass: bar === null ? null : bar.holds(value, ratio ?? Number.NaN),
  }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}
