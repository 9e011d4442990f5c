/**
 * Where the bits of a NaN must be made canonical. An instruction that may give a NaN with open bits gets a piece of
 * code behind it. The piece is dropped again where nobody can see the bits: where the value, also by way of locals,
 * only reaches instructions that ask whether it is a NaN, and make what they give canonical themselves.
 */

/**
 * @import { Instruction, Shape } from "./instructions.mjs"
 *
 * @typedef {{ piece: number; shape: Shape } | { local: number } | null} Operand What made a value: an instruction with
 *   its piece, a local, or something whose bits are settled.
 */

/** @type {Record<Shape | "any", number>} */
const BITS = { f32: 1, f64: 2, f32x4: 4, f64x2: 8, any: 15 }

/** @param {number} locals */
export function createNaNTracker(locals) {
  /** For each local the shapes in which the bits of a NaN are seen, as a mask. */
  const seen = new Uint8Array(locals)
  /** Which locals were copied to a local. @type {Map<number, Set<number>>} */
  const sources = new Map()
  /** @type {{ piece: number; shape: Shape; local: number }[]} */
  const stored = []
  /** @type {number[]} */
  const dropped = []
  return {
    /**
     * An instruction takes the value.
     *
     * @param {Operand} operand
     * @param {Instruction["ignoresNaN"]} ignores
     */
    use(operand, ignores) {
      if (operand === null) return
      const hidden = ignores === null ? 0 : BITS[ignores]
      if ("local" in operand) seen[operand.local] = (seen[operand.local] ?? 0) | (BITS.any & ~hidden)
      else if ((hidden & BITS[operand.shape]) !== 0) dropped.push(operand.piece)
    },
    /**
     * The value goes into a local.
     *
     * @param {Operand} operand
     * @param {number} local
     */
    store(operand, local) {
      if (operand === null) return
      if ("local" in operand) sources.set(local, (sources.get(local) ?? new Set()).add(operand.local))
      else stored.push({ ...operand, local })
    },
    /** The pieces that nobody needs. */
    unneeded() {
      // what is seen of a copy is seen of the local it came from
      const changed = [...sources.keys()]
      for (let to = changed.pop(); to !== undefined; to = changed.pop()) {
        for (const from of sources.get(to) ?? []) {
          const mask = (seen[from] ?? 0) | (seen[to] ?? 0)
          if (mask === seen[from]) continue
          seen[from] = mask
          changed.push(from)
        }
      }
      const hidden = stored.filter(({ local, shape }) => ((seen[local] ?? 0) & BITS[shape]) === 0)
      return [...dropped, ...hidden.map(({ piece }) => piece)]
    },
  }
}
