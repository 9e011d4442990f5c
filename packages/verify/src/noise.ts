import type { Noise, StateFacts, TaskTerms } from "@spore/records"
import type { Baselines } from "./baselines.ts"
import { quantilesAt, MIN_FREEDOM } from "./student-t.ts"
import { isUnselected, resultOf, votesOf, type Vote } from "./votes.ts"

/** Most degrees of freedom that one pair of keys, or the repetitions of one key, can give the estimate. */
const MAX_WEIGHT = 16
/** Share of the keys that may be left out as wild, to stay below. */
const WILD_SHARE = 1 / 3
/** By how much keys must widen the variance, or narrow it, to be left out. */
const LOUD_RATIO = 16
const QUIET_RATIO = 1.5
/** Degrees of freedom that must be left after leaving out wild keys: with few, chance alone makes a key look wild. */
const MIN_TAME = 16
/** Of the keys that add most, those tried first when one is to be left out. */
const TRIED = 8
/** Differences are cut here, so that sums of squares stay finite. */
const MAX_DIFFERENCE = 1e140

/** An estimate before it is good enough: `df` says how far it is. */
export interface NoiseEstimate {
  /** Null below 8 degrees of freedom. */
  readonly noise: Noise | null
  /** Degrees of freedom found, as a whole number. */
  readonly df: number
}

/** What is known of how two keys' results differ, or, with a key twice, of how its own runs do. */
interface Spread {
  readonly a: string
  readonly b: string
  weight: number
  squares: number
}

/**
 * The noise of a class: the standard deviation of one key's result on a code state (docs/spec/07-derived-state.md,
 * 7.4.1). Pairs of keys that reran the same state tell it; while they are few, repeated runs by one key help.
 *
 * @param states the measured states of the class, in a fixed order
 * @param weigh how much a key counts, 0 to 1
 */
export function estimateNoise(
  task: TaskTerms,
  states: readonly StateFacts[],
  baselines: Baselines | null,
  weigh: (key: string) => number,
): NoiseEstimate {
  const all = states.map((state) => ({ state, votes: noiseVotes(state, weigh) }))
  // Every comparison counts alike here, so that what a key floods does not thin out those of others.
  const wild = wildKeys(spreadsOf(task, all, baselines, weigh, () => 1))
  const tame = all.map(({ state, votes }) => ({ state, votes: votes.filter(({ key }) => !wild.has(key)) }))
  const { variance, df } = pool(spreadsOf(task, tame, baselines, weigh, (keys) => 2 / keys))
  const quantiles = quantilesAt(df)
  if (quantiles === null) return { noise: null, df }
  const { maxNoise } = task.replay
  const sd = Number(Math.sqrt(variance).toPrecision(3))
  return { noise: { sd: maxNoise > 0 ? Math.min(sd, maxNoise) : sd, df: quantiles.df }, df }
}

/** A state with the votes on it that tell of noise. */
interface NoiseVotes {
  readonly state: StateFacts
  readonly votes: readonly Vote[]
}

function noiseVotes(state: StateFacts, weigh: (key: string) => number): Vote[] {
  const unselected = state.measurements.filter((m) => isUnselected(m, state.baseline))
  return votesOf(unselected).filter(({ key, scores }) => scores.size > 0 && weigh(key) > 0)
}

/** @param pairWeight of each pair, where so many keys have a result on a state */
function spreadsOf(
  task: TaskTerms,
  states: readonly NoiseVotes[],
  baselines: Baselines | null,
  weigh: (key: string) => number,
  pairWeight: (keys: number) => number,
): Spread[] {
  const spreads = new Map<string, Spread>()
  const add = (a: string, b: string, weight: number, squares: number): void => {
    const id = `${a} ${b}`
    const spread = spreads.get(id) ?? { a, b, weight: 0, squares: 0 }
    spreads.set(id, spread)
    spread.weight += weight
    spread.squares += squares
  }
  for (const { state, votes } of states) {
    for (const vote of votes) {
      const weight = weigh(vote.key) * (vote.scores.size - 1)
      if (weight > 0) add(vote.key, vote.key, weight, (weight * ownVariance(vote)) / task.replay.replicates)
    }
    // Compared with themselves, baselines tell nothing.
    if (baselines !== null && state.baseline) continue
    const results = votes.flatMap((vote) => {
      const result = adjusted(vote, baselines)
      return result === null ? [] : [{ key: vote.key, result }]
    })
    results.forEach(({ key: a, result: x }, i) => {
      for (const { key: b, result: y } of results.slice(i + 1)) {
        const weight = pairWeight(results.length) * weigh(a) * weigh(b)
        add(a, b, weight, (weight * square(x - y)) / 2)
      }
    })
  }
  return [...spreads.values()].map(limited)
}

function adjusted(vote: Vote, baselines: Baselines | null): number | null {
  const result = resultOf(vote)
  return result === null || baselines === null ? result : baselines.adjust(vote.key, result)
}

function ownVariance(vote: Vote): number {
  const center = resultOf(vote) ?? 0
  return [...vote.scores.values()].reduce((sum, score) => sum + square(score - center), 0) / (vote.scores.size - 1)
}

function square(difference: number): number {
  const size = Math.min(Math.abs(difference), MAX_DIFFERENCE)
  return size * size
}

/** No two keys, and no key alone, decide the estimate, however much they reran. */
function limited(spread: Spread): Spread {
  const share = Math.min(1, MAX_WEIGHT / spread.weight)
  return { ...spread, weight: spread.weight * share, squares: spread.squares * share }
}

/** Variance of a key's result, and the degrees of freedom it rests on. */
function pool(spreads: readonly Spread[]): { variance: number; df: number } {
  const between = total(spreads.filter(({ a, b }) => a !== b))
  const within = total(spreads.filter(({ a, b }) => a === b))
  const variance = between.weight === 0 ? 0 : between.squares / between.weight
  if (between.weight >= MIN_FREEDOM) return { variance, df: whole(between.weight) }
  const weight = between.weight + within.weight
  // Runs of one key in a row may differ less than those of two.
  const pooled = weight === 0 ? 0 : (between.squares + within.squares) / weight
  return { variance: Math.max(variance, pooled), df: whole(weight) }
}

function total(spreads: readonly Spread[]): { weight: number; squares: number } {
  let [weight, squares] = [0, 0]
  for (const spread of spreads) {
    weight += spread.weight
    squares += spread.squares
  }
  return { weight, squares }
}

/** Weights are sums of fractions: what is a whole number but for rounding is one. */
function whole(weight: number): number {
  return Math.floor(weight + 1e-9)
}

/**
 * Keys to leave out: first those that make the noise small, as keys do that agreed on their numbers, then those that make
 * it large, of each sort fewer than a third of all and the fewest, until leaving out more of it would change the
 * variance no more than the ratio allows. So, where the others give 16 degrees of freedom, less than a third of the keys
 * hardly narrow the noise, and one key cannot widen it more than fourfold.
 */
function wildKeys(spreads: readonly Spread[]): ReadonlySet<string> {
  const keys = new Set(spreads.filter(({ a, b }) => a !== b).flatMap(({ a, b }) => [a, b]))
  const most = Math.ceil(keys.size * WILD_SHARE) - 1
  const quiet = leaveOut(spreads, most, -1, QUIET_RATIO)
  const loud = leaveOut(without(spreads, quiet), most, 1, LOUD_RATIO)
  return new Set([...quiet, ...loud])
}

/** @param direction 1 to leave out what makes the variance large, −1 what makes it small */
function leaveOut(spreads: readonly Spread[], most: number, direction: 1 | -1, ratio: number): string[] {
  const steps: Step[] = [{ left: spreads, key: "", variance: comparable(pool(spreads).variance) }]
  for (let step = steps[0]; step !== undefined && steps.length <= most; step = steps.at(-1)) {
    const next = withoutWildest(step.left, direction)
    if (next === null || direction * (step.variance - next.variance) <= 0) break
    steps.push(next)
  }
  const last = steps.at(-1)?.variance ?? 0
  const enough = steps.findIndex(({ variance }) =>
    direction === 1 ? variance <= ratio * last : last <= ratio * variance,
  )
  return steps.slice(1, enough + 1).map(({ key }) => key)
}

interface Step {
  readonly left: readonly Spread[]
  readonly key: string
  readonly variance: number
}

/** Without the key whose absence changes the variance most; null where too little would be left to judge by. */
function withoutWildest(spreads: readonly Spread[], direction: 1 | -1): Step | null {
  const totals = new Map<string, number>()
  for (const { a, b, weight, squares } of spreads) {
    if (a === b) continue
    // What a key adds to the sum of squares, or to the weight that thins it.
    const share = direction === 1 ? squares : weight
    totals.set(a, (totals.get(a) ?? 0) + share)
    totals.set(b, (totals.get(b) ?? 0) + share)
  }
  const tried = [...totals].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, TRIED)
  let best: Step | null = null
  for (const [key] of tried) {
    const left = without(spreads, [key])
    const { variance: exactly, df } = pool(left)
    const variance = comparable(exactly)
    const isBest = best === null || direction * (best.variance - variance) > 0
    if (df >= MIN_TAME && isBest) best = { left, key, variance }
  }
  return best
}

/** Sums that differ by rounding alone are the same. */
function comparable(variance: number): number {
  return Number(variance.toPrecision(9))
}

function without(spreads: readonly Spread[], keys: readonly string[]): Spread[] {
  return spreads.filter(({ a, b }) => !keys.includes(a) && !keys.includes(b))
}
