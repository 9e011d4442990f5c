import type { Random } from "@spore/records"

/** A whole number from 0 up to but not including `limit`. */
export function randomBelow(random: Random, limit: number): number {
  return Math.floor(random.next() * limit)
}

/** One of `items`, which must not be empty. */
export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[randomBelow(random, items.length)]
  if (item === undefined) throw new RangeError("nothing to pick from")
  return item
}

/** A copy in random order. */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const keyed = items.map((item) => ({ item, key: random.next() }))
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item)
}
