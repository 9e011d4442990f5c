/** Finds the point nearest to a position. */
export interface HitGrid {
  /** Index of the nearest within `reach` pixels; of several as near, the one that `rank` puts first; -1 of none. */
  nearest(x: number, y: number, reach: number): number
}

const CELL = 24

/**
 * Sorts points into cells, so that a search looks at the few around it.
 *
 * @param indices of the points, into `xs` and `ys`
 * @param rank what a point is preferred by, in pixels that it counts as nearer
 */
export function createHitGrid(
  xs: Float32Array,
  ys: Float32Array,
  indices: Int32Array,
  { width, height }: { width: number; height: number },
  rank: (index: number) => number = () => 0,
): HitGrid {
  const columns = Math.max(1, Math.ceil(width / CELL))
  const rows = Math.max(1, Math.ceil(height / CELL))
  const column = (x: number): number => Math.min(columns - 1, Math.max(0, Math.floor(x / CELL)))
  const row = (y: number): number => Math.min(rows - 1, Math.max(0, Math.floor(y / CELL)))
  const cellOf = (index: number): number => row(ys[index] ?? 0) * columns + column(xs[index] ?? 0)
  // Counting sort: where each cell begins, then what is in it.
  const starts = new Uint32Array(columns * rows + 1)
  for (const index of indices) starts[cellOf(index) + 1] = (starts[cellOf(index) + 1] ?? 0) + 1
  for (let cell = 0; cell < columns * rows; cell++) starts[cell + 1] = (starts[cell + 1] ?? 0) + (starts[cell] ?? 0)
  const next = starts.slice()
  const sorted = new Int32Array(indices.length)
  for (const index of indices) {
    const cell = cellOf(index)
    const at = next[cell] ?? 0
    sorted[at] = index
    next[cell] = at + 1
  }
  return {
    nearest: (x, y, reach) => {
      let nearest = -1
      let least = Infinity
      for (let r = row(y - reach); r <= row(y + reach); r++) {
        const cells = r * columns
        const first = starts[cells + column(x - reach)] ?? 0
        const last = starts[cells + column(x + reach) + 1] ?? 0
        for (let at = first; at < last; at++) {
          const index = sorted[at] ?? 0
          const distance = Math.hypot((xs[index] ?? 0) - x, (ys[index] ?? 0) - y)
          if (distance > reach || distance - rank(index) >= least) continue
          least = distance - rank(index)
          nearest = index
        }
      }
      return nearest
    },
  }
}
