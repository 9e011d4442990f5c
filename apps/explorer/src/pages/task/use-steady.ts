import { useState } from "react"

/** A list that somebody reads: what is known of its rows is fresh, but none comes, goes or moves until it is asked for. */
export interface Steady<Row> {
  readonly rows: readonly Row[]
  /** Rows that have come or gone since. */
  readonly changes: number
  /** Shows the list as it is now. */
  readonly show: () => void
}

/** @param fresh the list as it is now, in its order */
export function useSteady<Row>(fresh: readonly Row[], idOf: (row: Row) => string): Steady<Row> {
  const [kept, setKept] = useState(fresh)
  const show = (): void => setKept(fresh)
  // Nothing was there to read yet.
  const isFirst = kept.length === 0 && fresh.length > 0
  if (isFirst) show()
  const steady = isFirst ? fresh : kept
  const now = new Map(fresh.map((row) => [idOf(row), row]))
  const before = new Set(steady.map(idOf))
  const gone = steady.filter((row) => !now.has(idOf(row))).length
  const come = fresh.filter((row) => !before.has(idOf(row))).length
  return { rows: steady.map((row) => now.get(idOf(row)) ?? row), changes: gone + come, show }
}
