import type { Noise, StateFacts, TaskTerms } from "@spore/records"
import type { Baselines } from "./baselines.ts"
import { quantilesAt, MIN_FREEDOM } from "./student-t.ts"
import { isUnselected, resultOf, votesOf, type Vote } from "./votes.ts"

/** Most degrees of freedom that one pair of keys, or the repetitions of one key, can give the estimate. */
const MAX_WEIGHT = 16
/** Share of the keys that may be left out as wild, to stay below. */
const WILD_SHARE = 1 / 3
/** By how much the variance with wild keys must exceed that without them. */
const WILD_RATIO = 4
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
  const spreads = [...spreadsOf(task, states, baselines, weigh)].map(limited)
  const wild = wildKeys(spreads)
  const { variance, df } = pool(spreads.filter(({ a, b }) => !wild.has(a) && !wild.has(b)))
  const quantiles = quantilesAt(df)
  if (quantiles === null) return { noise: null, df }
  const { maxNoise } = task.replay
  const sd = Number(Math.sqrt(variance).toPrecision(3))
  return { noise: { sd: maxNoise > 0 ? Math.min(sd, maxNoise) : sd, df: quantiles.df }, df }
}

function spreadsOf(
  task: TaskTerms,
  states: readonly StateFacts[],
  baselines: Baselines | null,
  weigh: (key: string) => number,
): Iterable<Spread> {
  const spreads = new Map<string, Spread>()
  const add = (a: string, b: string, weight: number, squares: number): void => {
    const id = `${a} ${b}`
    const spread = spreads.get(id) ?? { a, b, weight: 0, squares: 0 }
    spreads.set(id, spread)
    spread.weight += weight
    spread.squares += squares
  }
  for (const state of states) {
    const votes = votesOf(state.measurements.filter((m) => isUnselected(m, state.baseline))).filter(
      ({ key, scores }) => scores.size > 0 && weigh(key) > 0,
    )
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
        const weight = (2 / results.length) * weigh(a) * weigh(b)
        add(a, b, weight, (weight * square(x - y)) / 2)
      }
    })
  }
  return spreads.values()
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
 * Keys to leave out: the fewest, below a third of all, after which the variance is no more than four times that without
 * all of the third. So where the others give 16 degrees of freedom, one wild key among four or more cannot widen the
 * noise more than twofold.
 */
function wildKeys(spreads: readonly Spread[]): ReadonlySet<string> {
  const keys = new Set(spreads.filter(({ a, b }) => a !== b).flatMap(({ a, b }) => [a, b]))
  const most = Math.ceil(keys.size * WILD_SHARE) - 1
  const steps = [{ left: spreads, key: null as string | null, variance: pool(spreads).variance }]
  for (let step = steps[0]; step !== undefined && steps.length <= most; step = steps.at(-1)) {
    const next = withoutWildest(step.left)
    if (next === null || next.variance >= step.variance) break
    steps.push(next)
  }
  const least = steps.at(-1)?.variance ?? 0
  const taken = steps.findIndex(({ variance }) => variance <= WILD_RATIO * least)
  return new Set(steps.slice(1, taken + 1).flatMap(({ key }) => (key === null ? [] : [key])))
}

/** Without the key that leaves the least variance; null where too little would be left to judge by. */
function withoutWildest(spreads: readonly Spread[]): { left: Spread[]; key: string; variance: number } | null {
  const totals = new Map<string, number>()
  for (const { a, b, squares } of spreads) {
    if (a === b) continue
    totals.set(a, (totals.get(a) ?? 0) + squares)
    totals.set(b, (totals.get(b) ?? 0) + squares)
  }
  const tried = [...totals].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, TRIED)
  let best: { left: Spread[]; key: string; variance: number } | null = null
  for (const [key] of tried) {
    const left = spreads.filter(({ a, b }) => a !== key && b !== key)
    const { variance, df } = pool(left)
    if (df >= MIN_TAME && (best === null || variance < best.variance)) best = { left, key, variance }
  }
  return best
}
