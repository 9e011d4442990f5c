import type { Noise, StateFacts, TaskTerms } from "@spore/records"
import type { Baselines } from "./baselines.ts"
import { limited, pool, type Spread } from "./spread.ts"
import { quantilesAt } from "./student-t.ts"
import { isUnselected, resultOf, votesOf, type Vote } from "./votes.ts"
import { wildKeys } from "./wild-keys.ts"

/** Keys are free, and their pairs many: of more keys only those with results on most states tell of noise. */
const MOST_KEYS = 256
/** Differences are cut here, so that sums of squares stay finite. */
const MAX_DIFFERENCE = 1e140

/** An estimate before it is good enough: `df` says how far it is. */
export interface NoiseEstimate {
  /** Null below 8 degrees of freedom. */
  readonly noise: Noise | null
  /** Degrees of freedom found, as a whole number. */
  readonly df: number
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
  const all = samplesOf(task, states, baselines, weigh)
  // Every comparison counts alike here, so that what a key floods does not thin out those of others.
  const wild = wildKeys(spreadsOf(all, () => 1))
  const tame = wild.size === 0 ? all : all.map((samples) => samples.filter(({ key }) => !wild.has(key)))
  const { variance, df } = pool(spreadsOf(tame, (keys) => 2 / keys))
  const quantiles = quantilesAt(df)
  if (quantiles === null) return { noise: null, df }
  const { maxNoise } = task.replay
  const sd = Number(Math.sqrt(variance).toPrecision(3))
  return { noise: { sd: maxNoise > 0 ? Math.min(sd, maxNoise) : sd, df: quantiles.df }, df }
}

/** What one key's runs of one state tell of noise. */
interface Sample {
  /** The key's place among all of them by id. */
  readonly key: number
  readonly trust: number
  /** To compare with those of other keys; null where it tells nothing. */
  readonly result: number | null
  /** Of its own runs: how many beyond the first, and the squares of their distances from their mean, per replicate. */
  readonly repetitions: number
  readonly squares: number
}

/** Samples by state. */
function samplesOf(
  task: TaskTerms,
  states: readonly StateFacts[],
  baselines: Baselines | null,
  weigh: (key: string) => number,
): (readonly Sample[])[] {
  const votes = states.map((state) => {
    const unselected = state.measurements.filter((m) => isUnselected(m, state.baseline))
    return votesOf(unselected).filter(({ key, scores }) => scores.size > 0 && weigh(key) > 0)
  })
  const places = placesOf(votes)
  return states.map((state, i) =>
    (votes[i] ?? []).flatMap((vote) => {
      const key = places.get(vote.key)
      if (key === undefined) return []
      const squares = ownSquares(vote) / task.replay.replicates
      const repetitions = vote.scores.size - 1
      return [{ key, trust: weigh(vote.key), result: compared(vote, state, baselines), repetitions, squares }]
    }),
  )
}

/** A number for each key that counts, ascending by key. */
function placesOf(votes: readonly (readonly Vote[])[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { key } of votes.flat()) counts.set(key, (counts.get(key) ?? 0) + 1)
  const most = [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, MOST_KEYS)
  const keys = most.map(([key]) => key).toSorted()
  return new Map(keys.map((key, place) => [key, place]))
}

function compared(vote: Vote, state: StateFacts, baselines: Baselines | null): number | null {
  const result = resultOf(vote)
  if (result === null || baselines === null) return result
  // Compared with themselves, baselines tell nothing.
  return state.baseline ? null : baselines.adjust(vote.key, result)
}

function ownSquares(vote: Vote): number {
  const center = resultOf(vote) ?? 0
  return [...vote.scores.values()].reduce((sum, score) => sum + square(score - center), 0)
}

function square(difference: number): number {
  const size = Math.min(Math.abs(difference), MAX_DIFFERENCE)
  return size * size
}

/** @param pairWeight of each pair, where so many keys have a result on a state */
function spreadsOf(states: readonly (readonly Sample[])[], pairWeight: (keys: number) => number): Spread[] {
  const spreads = new Map<number, Spread>()
  const add = (a: number, b: number, weight: number, squares: number): void => {
    const id = a * MOST_KEYS + b
    const spread = spreads.get(id)
    if (spread === undefined) spreads.set(id, { a, b, weight, squares })
    else {
      spread.weight += weight
      spread.squares += squares
    }
  }
  for (const samples of states) {
    for (const { key, trust, repetitions, squares } of samples) {
      if (repetitions > 0) add(key, key, trust * repetitions, trust * squares)
    }
    const results = samples.filter(({ result }) => result !== null)
    const share = pairWeight(results.length)
    for (const [i, a] of results.entries()) {
      for (let j = i + 1; j < results.length; j++) {
        const b = results[j]
        if (b === undefined || a.result === null || b.result === null) continue
        const weight = share * a.trust * b.trust
        add(a.key, b.key, weight, (weight * square(a.result - b.result)) / 2)
      }
    }
  }
  return [...spreads.values()].map(limited)
}
