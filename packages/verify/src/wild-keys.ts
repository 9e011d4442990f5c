import { addTo, nothing, pool, type Pooled, pooled, type Spread } from "./spread.ts"

/** Share of the keys that may be left out as wild, to stay below. */
const WILD_SHARE = 1 / 3
/** By how much keys must widen the variance, or narrow it, to be left out. */
const LOUD_RATIO = 16
const QUIET_RATIO = 1.5
/** Degrees of freedom that must be left after leaving out wild keys: with few, chance alone makes a key look wild. */
const MIN_TAME = 16
/** Of the keys that add most, those tried first when one is to be left out. */
const TRIED = 8

/**
 * Keys to leave out: first those that make the noise small, as keys do that agreed on their numbers, then those that make
 * it large, of each sort fewer than a third of all and the fewest, until leaving out more of it would change the
 * variance no more than the ratio allows. So, where the others give 16 degrees of freedom, less than a third of the keys
 * hardly narrow the noise, and one key cannot widen it more than fourfold.
 */
export function wildKeys(spreads: readonly Spread[]): ReadonlySet<number> {
  const keys = new Set(spreads.filter(({ a, b }) => a !== b).flatMap(({ a, b }) => [a, b]))
  const most = Math.ceil(keys.size * WILD_SHARE) - 1
  const quiet = leaveOut(spreads, most, -1, QUIET_RATIO)
  const loud = leaveOut(without(spreads, new Set(quiet)), most, 1, LOUD_RATIO)
  return new Set([...quiet, ...loud])
}

interface Step {
  readonly left: readonly Spread[]
  /** Left out in this step; null before the first. */
  readonly key: number | null
  readonly variance: number
}

/** @param direction 1 to leave out what makes the variance large, −1 what makes it small */
function leaveOut(spreads: readonly Spread[], most: number, direction: 1 | -1, ratio: number): number[] {
  const steps: Step[] = [{ left: spreads, key: null, variance: comparable(pool(spreads).variance) }]
  for (let step = steps[0]; step !== undefined && steps.length <= most; step = steps.at(-1)) {
    const next = withoutWildest(step.left, direction)
    if (next === null || direction * (step.variance - next.variance) <= 0) break
    steps.push(next)
  }
  const last = steps.at(-1)?.variance ?? 0
  const enough = steps.findIndex(({ variance }) =>
    direction === 1 ? variance <= ratio * last : last <= ratio * variance,
  )
  return steps.slice(0, enough + 1).flatMap(({ key }) => key ?? [])
}

/** Without the key whose absence changes the variance most; null where too little would be left to judge by. */
function withoutWildest(spreads: readonly Spread[], direction: 1 | -1): Step | null {
  const tried = mostIn(spreads, direction)
  const pools = poolsWithout(spreads, tried)
  let best: { readonly key: number; readonly variance: number } | null = null
  for (const [i, key] of tried.entries()) {
    const { variance: exactly, df } = pools[i] ?? { variance: 0, df: 0 }
    const variance = comparable(exactly)
    const isBest = best === null || direction * (best.variance - variance) > 0
    if (df >= MIN_TAME && isBest) best = { key, variance }
  }
  return best === null ? null : { ...best, left: without(spreads, new Set([best.key])) }
}

/** The keys that add most to the sum of squares, or to the weight that thins it. */
function mostIn(spreads: readonly Spread[], direction: 1 | -1): number[] {
  const totals: number[] = []
  for (const { a, b, weight, squares } of spreads) {
    if (a === b) continue
    const share = direction === 1 ? squares : weight
    totals[a] = (totals[a] ?? 0) + share
    totals[b] = (totals[b] ?? 0) + share
  }
  // A key that is left out already has no place in it.
  const shares = [...totals.entries()].flatMap(([key, share]) =>
    share === undefined ? [] : [[key, comparable(share)] as const],
  )
  const ordered = shares.toSorted(([a, x], [b, y]) => y - x || a - b)
  return ordered.slice(0, TRIED).map(([key]) => key)
}

/**
 * What is pooled without each of some keys, in one walk over all pairs. Nothing is subtracted: beside a wild key's
 * squares those of the others would be lost.
 */
function poolsWithout(spreads: readonly Spread[], keys: readonly number[]): Pooled[] {
  const places: number[] = []
  for (const [place, key] of keys.entries()) places[key] = place
  /** By the places of both keys; the last is that of all keys that are not among them. */
  const side = keys.length + 1
  const between = Array.from({ length: side * side }, nothing)
  const within = Array.from({ length: side }, nothing)
  for (const spread of spreads) {
    const [i, j] = [places[spread.a] ?? keys.length, places[spread.b] ?? keys.length]
    const sum = spread.a === spread.b ? within[i] : between[i * side + j]
    if (sum !== undefined) addTo(sum, spread)
  }
  return keys.map((_, out) => {
    const [pairs, own] = [nothing(), nothing()]
    for (const [at, sum] of between.entries()) {
      if (Math.floor(at / side) !== out && at % side !== out) addTo(pairs, sum)
    }
    for (const [at, sum] of within.entries()) if (at !== out) addTo(own, sum)
    return pooled(pairs, own)
  })
}

/** Sums that differ by rounding alone are the same. */
function comparable(sum: number): number {
  return Number(sum.toPrecision(9))
}

function without(spreads: readonly Spread[], keys: ReadonlySet<number>): readonly Spread[] {
  return keys.size === 0 ? spreads : spreads.filter(({ a, b }) => !keys.has(a) && !keys.has(b))
}
