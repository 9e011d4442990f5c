/** Least degrees of freedom of a noise estimate that anything is judged by. */
export const MIN_FREEDOM = 8

/** One row of the table: one-sided quantiles of Student's t. */
export interface Quantiles {
  readonly df: number
  readonly t99: number
  readonly t999: number
  readonly t9995: number
}

/**
 * Quantiles .99, .999 and .9995 of Student's t as printed in tables (NIST/SEMATECH e-Handbook, 1.3.6.7.2), from the least
 * degrees of freedom used. A table is the same on every machine, which a computed quantile is not.
 */
const TABLE: readonly Quantiles[] = [
  { df: 8, t99: 2.896, t999: 4.501, t9995: 5.041 },
  { df: 9, t99: 2.821, t999: 4.297, t9995: 4.781 },
  { df: 10, t99: 2.764, t999: 4.144, t9995: 4.587 },
  { df: 11, t99: 2.718, t999: 4.025, t9995: 4.437 },
  { df: 12, t99: 2.681, t999: 3.93, t9995: 4.318 },
  { df: 13, t99: 2.65, t999: 3.852, t9995: 4.221 },
  { df: 14, t99: 2.624, t999: 3.787, t9995: 4.14 },
  { df: 15, t99: 2.602, t999: 3.733, t9995: 4.073 },
  { df: 16, t99: 2.583, t999: 3.686, t9995: 4.015 },
  { df: 17, t99: 2.567, t999: 3.646, t9995: 3.965 },
  { df: 18, t99: 2.552, t999: 3.61, t9995: 3.922 },
  { df: 19, t99: 2.539, t999: 3.579, t9995: 3.883 },
  { df: 20, t99: 2.528, t999: 3.552, t9995: 3.85 },
  { df: 21, t99: 2.518, t999: 3.527, t9995: 3.819 },
  { df: 22, t99: 2.508, t999: 3.505, t9995: 3.792 },
  { df: 23, t99: 2.5, t999: 3.485, t9995: 3.768 },
  { df: 24, t99: 2.492, t999: 3.467, t9995: 3.745 },
  { df: 25, t99: 2.485, t999: 3.45, t9995: 3.725 },
  { df: 26, t99: 2.479, t999: 3.435, t9995: 3.707 },
  { df: 27, t99: 2.473, t999: 3.421, t9995: 3.69 },
  { df: 28, t99: 2.467, t999: 3.408, t9995: 3.674 },
  { df: 29, t99: 2.462, t999: 3.396, t9995: 3.659 },
  { df: 30, t99: 2.457, t999: 3.385, t9995: 3.646 },
  { df: 40, t99: 2.423, t999: 3.307, t9995: 3.551 },
  { df: 60, t99: 2.39, t999: 3.232, t9995: 3.46 },
  { df: 120, t99: 2.358, t999: 3.16, t9995: 3.373 },
]

/** The row for the most degrees of freedom that are not above `df`; null below the first. */
export function quantilesAt(df: number): Quantiles | null {
  return TABLE.findLast((row) => row.df <= df) ?? null
}
