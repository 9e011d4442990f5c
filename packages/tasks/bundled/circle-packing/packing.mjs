// What a packing is, and what it scores. The evaluator and the check both go by this.

import { readFileSync } from "node:fs"
import { join } from "node:path"

export const COUNT = 26
/** Bytes that the text of a packing may have: a number takes 25 at most. */
export const MAX_BYTES = 4096

const { replay } = JSON.parse(readFileSync(join(import.meta.dirname, "spore.task.json"), "utf8"))
/**
 * How far a circle may stick out of the square, and two circles into each other. Coordinates come from floating-point
 * programs that place circles edge to edge; all slack together is worth less than a tenth of the least gain that counts.
 */
export const TOLERANCE = replay.absTol

/** The circles do not make a packing. */
export class NoPacking extends Error {}

/**
 * The circles in a text `[[x, y, r], …]`, once they are known to be a packing.
 *
 * @throws NoPacking
 */
export function readPacking(text) {
  if (text.length > MAX_BYTES) throw new NoPacking(`the circles take more than ${MAX_BYTES} bytes`)
  let circles
  try {
    circles = JSON.parse(text)
  } catch {
    throw new NoPacking("the circles are not JSON")
  }
  if (!Array.isArray(circles)) throw new NoPacking("expected a list of circles")
  if (circles.length !== COUNT) throw new NoPacking(`expected ${COUNT} circles, not ${circles.length}`)
  for (const [i, circle] of circles.entries()) {
    const isTriple = Array.isArray(circle) && circle.length === 3 && circle.every(Number.isFinite)
    if (!isTriple) throw new NoPacking(`circle ${i} is not three finite numbers [x, y, r]`)
    const [x, y, r] = circle
    if (r <= 0) throw new NoPacking(`circle ${i} has the radius ${r}`)
    const out = Math.max(r - x, r - y, x + r - 1, y + r - 1)
    if (!(out <= TOLERANCE)) throw new NoPacking(`circle ${i} sticks ${out} out of the square`)
    for (const [j, [otherX, otherY, otherR]] of circles.slice(0, i).entries()) {
      const overlap = r + otherR - Math.hypot(x - otherX, y - otherY)
      if (!(overlap <= TOLERANCE)) throw new NoPacking(`circles ${j} and ${i} overlap by ${overlap}`)
    }
  }
  return circles
}

/** The sum of the radii. */
export function sumRadii(circles) {
  return circles.reduce((sum, [, , r]) => sum + r, 0)
}
