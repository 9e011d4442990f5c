import { createHash } from "node:crypto"
import { type Random, seededRandom } from "@spore/records"

/** Random numbers of a named part of a simulation: the same seed and name give the same. */
export function namedRandom(seed: number, name: string): Random {
  return seededRandom(createHash("sha256").update(`${seed}/${name}`).digest().readUInt32BE())
}

/** A draw from the standard normal distribution (Box and Muller, 1958). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}

/** The greatest of so many draws from the standard normal distribution. */
export function bestOf(random: Random, draws: number): number {
  let best = -Infinity
  for (let i = 0; i < draws; i++) best = Math.max(best, normal(random))
  return best
}

export function pick<T>(random: Random, list: readonly T[]): T {
  const item = list[Math.floor(random.next() * list.length)]
  if (item === undefined) throw new RangeError("nothing to pick from")
  return item
}

/** The list in random order (Fisher and Yates). */
export function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const rest = [...list]
  const out: T[] = []
  while (rest.length > 0) out.push(...rest.splice(Math.floor(random.next() * rest.length), 1))
  return out
}
