import type { Residual } from "@spore/api/client"

/** Residuals beyond this, in either direction, lie at the edge. */
const EDGE = 9.5
/** Width of a heap. */
const BIN = 0.5

/** A rerun's place in the plot. */
export interface Dot {
  /** Id of the rerun. */
  readonly id: string
  /** The residual at the middle of its heap. */
  readonly at: number
  /** Its place in the heap, from 0 at the bottom. */
  readonly level: number
  readonly agrees: boolean
}

/** Heaps up reruns whose residual is known by how far they lie from the claim, oldest at the bottom. */
export function stackResiduals(rows: readonly Pick<Residual, "residual" | "stance" | "rerun">[]): {
  readonly dots: readonly Dot[]
  readonly tallest: number
} {
  const heights = new Map<number, number>()
  const dots = rows.toReversed().flatMap(({ residual, stance, rerun }): Dot[] => {
    if (residual === null) return []
    const bin = Math.round(Math.min(EDGE, Math.max(-EDGE, residual)) / BIN)
    const level = heights.get(bin) ?? 0
    heights.set(bin, level + 1)
    return [{ id: rerun.id, at: bin * BIN, level, agrees: stance !== "differs" }]
  })
  return { dots, tallest: Math.max(0, ...heights.values()) }
}
