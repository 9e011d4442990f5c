import type { Random } from "@spore/records"

/** An experiment that the next one may build on. */
export interface ParentOption {
  readonly id: string
  /** How many experiments already change it. */
  readonly children: number
}

/** The parent chosen, and why. */
export interface ParentChoice<T extends ParentOption> {
  readonly parent: T
  readonly reason: string
}

/** How often another branch than the best is tried. */
const EXPLORE = 0.15

/**
 * Chooses what to build on. `candidates` come best first. Mostly it is the best; sometimes another, the likelier the
 * better it is and the fewer children it has. Null where there is none.
 */
export function chooseParent<T extends ParentOption>(candidates: readonly T[], random: Random): ParentChoice<T> | null {
  const [best, ...others] = candidates
  if (best === undefined) return null
  if (others.length === 0) return { parent: best, reason: "the only candidate" }
  if (random.next() >= EXPLORE) return { parent: best, reason: "the best candidate" }
  const weights = others.map((other, i) => 0.5 ** i / (1 + other.children))
  let left = random.next() * weights.reduce((sum, weight) => sum + weight, 0)
  const drawn = others.findIndex((_, i) => (left -= weights[i] ?? 0) < 0)
  const rank = drawn < 0 ? others.length - 1 : drawn
  const parent = others[rank] ?? best
  return { parent, reason: `explores a thin branch: rank ${rank + 2}, ${parent.children} children so far` }
}
