import type { Random } from "@spore/records"

/** An experiment that the next one may build on. */
export interface ParentOption {
  readonly id: string
  /** How many experiments of the class already change it. */
  readonly children: number
  /** How many others say that they are changing it now. */
  readonly claimed: number
  /** Whether reruns put it on the frontier. */
  readonly frontier: boolean
}

export interface ParentQuestion<T extends ParentOption> {
  /** Candidates of the class, best first, then the rest of its frontier, best first. */
  readonly options: readonly T[]
  /** What is known to be good in other classes and has no value in this one. */
  readonly foreign: readonly T[]
  /** Experiments of the class since the last that was kept. */
  readonly plateau: number
  readonly random: Random
}

/** The parent chosen, and why. */
export interface ParentChoice<T extends ParentOption> {
  readonly parent: T
  /** Whether it has to be run in this class before anything can be built on it. */
  readonly isForeign: boolean
  readonly reason: string
}

/** How often another than the best is tried: right after an improvement, and on an endless plateau. */
const EXPLORE = { least: 0.15, most: 0.6 } as const
/** How much less each further place in the order counts: right after an improvement, and on an endless plateau. */
const DECAY = { least: 0.5, most: 0.85 } as const
/** After so many experiments without a keep, two thirds of the way to the endless plateau are gone. */
const PATIENCE = 20
/** How often something of another class is taken up, and only on a plateau of so many experiments. */
const FOREIGN = { share: 0.1, plateau: 5 } as const
/** Claims are anybody's word: more than so many on one parent count no further. */
const MOST_CLAIMS = 3

/**
 * Chooses what to build on. Mostly it is the best. Now and then, and the more often the longer nothing was kept, it is
 * another: the likelier the better it is, the less it was tried and the fewer are trying it now. Null where there is
 * none.
 */
export function chooseParent<T extends ParentOption>(question: ParentQuestion<T>): ParentChoice<T> | null {
  const { options, foreign, plateau, random } = question
  const [best, ...others] = options
  const [taken] = foreign
  if (best === undefined) return null
  if (taken !== undefined && plateau >= FOREIGN.plateau && random.next() < FOREIGN.share) {
    const reason = `the best of another hardware class, not run in this one yet; ${sinceKeep(plateau)}`
    return { parent: taken, isForeign: true, reason }
  }
  if (others.length === 0) return { parent: best, isForeign: false, reason: "the only candidate" }

  const weariness = 1 - Math.exp(-plateau / PATIENCE)
  const exploit = (1 - between(EXPLORE, weariness)) / (1 + claimsOf(best))
  const drawn = random.next()
  if (drawn < exploit) return { parent: best, isForeign: false, reason: `the best candidate; ${sinceKeep(plateau)}` }

  const decay = between(DECAY, weariness)
  const weights = others.map((other, i) => decay ** i / ((1 + other.children) * (1 + claimsOf(other))))
  const index = pick(weights, random)
  const parent = others[index] ?? best
  const place = `${parent.frontier ? "frontier line" : "candidate"} ${index + 2} of ${options.length}`
  const tries =
    parent.children === 0 ? "not tried yet" : `tried ${parent.children === 1 ? "once" : `${parent.children} times`}`
  const why = claimsOf(best) > 0 ? "others are trying the best now" : sinceKeep(plateau)
  return { parent, isForeign: false, reason: `explores ${place}, ${tries}; ${why}` }
}

function claimsOf({ claimed }: ParentOption): number {
  return Math.min(claimed, MOST_CLAIMS)
}

function between({ least, most }: { least: number; most: number }, share: number): number {
  return least + (most - least) * share
}

function pick(weights: readonly number[], random: Random): number {
  let left = random.next() * weights.reduce((sum, weight) => sum + weight, 0)
  const drawn = weights.findIndex((weight) => (left -= weight) < 0)
  return drawn < 0 ? weights.length - 1 : drawn
}

function sinceKeep(plateau: number): string {
  if (plateau === 0) return "the last experiment was kept"
  return plateau === 1 ? "1 experiment since the last keep" : `${plateau} experiments since the last keep`
}
