import type { StateFacts, TaskTerms } from "@spore/records"
import type { ClassContext } from "./class-context.ts"
import { isMatch } from "./compare.ts"
import { resultOf, votesOf } from "./votes.ts"

/** The port through which it is decided whose reruns count, and how much. Implementations are pure. */
export interface TrustPolicy {
  /** Name and version; the digest of derived state carries it. */
  readonly name: string
  /** The weight of votes without which nothing is refuted, upheld or promoted. */
  readonly quorum: number
  /**
   * How much each key counts in a class, 0 to 1; a key of weight 0 has no vote.
   *
   * @param states the measured states of the class
   * @param everyone the class as it is where every key counts alike
   */
  weigh(task: TaskTerms, states: readonly StateFacts[], everyone: ClassContext): (key: string) => number
}

/** Keys without whose votes nothing is refuted, upheld or promoted under the shared policy. */
export const MIN_KEYS = 2

/** The shared policy: every key votes, and every vote counts alike. */
export const openTrust: TrustPolicy = { name: "open/1", quorum: MIN_KEYS, weigh: () => () => 1 }

/** Agreements after which a key without disagreement counts half. */
const HALF_TRUST = 4
/** Agreements that one disagreement undoes. */
const DISTRUST = 4

/**
 * A local view: reruns by the anchors count in full, those of another key by how often they agreed with the anchors'
 * reruns of the same code, a, and how often not, b: max(0, a − 4b)/(a + b + 4). Keys that share no state with an anchor
 * have no vote. One anchor's word is enough to decide.
 *
 * @param anchors node ids: this node, and keys that its keeper named
 */
export function anchoredTrust({ anchors }: { anchors: ReadonlySet<string> }): TrustPolicy {
  return {
    name: "anchored/1",
    quorum: 1,
    weigh: (task, states, everyone) => {
      const weights = new Map(
        [...records(task, states, everyone, anchors)].map(([key, record]) => [key, weight(record)]),
      )
      return (key) => (anchors.has(key) ? 1 : (weights.get(key) ?? 0))
    },
  }
}

interface Agreement {
  agreed: number
  disagreed: number
}

function weight({ agreed, disagreed }: Agreement): number {
  return Math.max(0, agreed - DISTRUST * disagreed) / (agreed + disagreed + HALF_TRUST)
}

/** How often each other key's rerun of a state agreed with an anchor's. */
function records(
  task: TaskTerms,
  states: readonly StateFacts[],
  everyone: ClassContext,
  anchors: ReadonlySet<string>,
): Map<string, Agreement> {
  const found = new Map<string, Agreement>()
  for (const state of states) {
    const votes = votesOf(state.measurements.filter(({ kind }) => kind !== "experiment"))
    const results = votes.map((vote) => ({ key: vote.key, result: adjust(everyone, vote.key, resultOf(vote)) }))
    const anchored = results.filter(({ key }) => anchors.has(key))
    for (const { key, result } of results) {
      if (anchors.has(key)) continue
      for (const anchor of anchored) {
        const agrees = areAlike(task, everyone, result, anchor.result)
        if (agrees === null) continue
        const record = found.get(key) ?? { agreed: 0, disagreed: 0 }
        found.set(key, record)
        if (agrees) record.agreed++
        else record.disagreed++
      }
    }
  }
  return found
}

function adjust({ baselines }: ClassContext, key: string, result: number | null): number | null {
  return result === null || baselines === null ? result : baselines.adjust(key, result)
}

/** Null where the noise is not known. */
function areAlike(task: TaskTerms, { noise }: ClassContext, a: number | null, b: number | null): boolean | null {
  if (a === null || b === null) return a === b
  if (task.replay.mode === "noisy" && noise === null) return null
  // Neither is a claim: each must match as if the other were one.
  return isMatch(task, noise, a, b) && isMatch(task, noise, b, a)
}
