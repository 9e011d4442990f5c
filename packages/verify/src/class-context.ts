import type { Noise, StateFacts, TaskTerms } from "@spore/records"
import { type Baselines, baselinesOf } from "./baselines.ts"
import { estimateNoise } from "./noise.ts"
import { openTrust, type TrustPolicy } from "./trust.ts"

/** What the states of a class are judged by, besides their own facts. */
export interface ClassContext {
  /** Null in exact and artifact replay, and while the class is not calibrated. */
  readonly noise: Noise | null
  /** Degrees of freedom that the noise estimate has so far. */
  readonly df: number
  /** Where keys are compared as differences from their own runs of the baseline. */
  readonly baselines: Baselines | null
  /** How much a key's vote counts, 0 to 1. */
  weigh(key: string): number
  /** The weight of votes without which nothing is refuted, upheld or promoted. */
  readonly quorum: number
}

/** Reads from the measured states of a class what its states are judged by. */
export function classContext(
  task: TaskTerms,
  states: readonly StateFacts[],
  trust: TrustPolicy = openTrust,
): ClassContext {
  // Sums are rounded in the same order everywhere.
  const ordered = states.toSorted((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0))
  const everyone = contextOf(task, ordered, () => 1, openTrust.quorum)
  if (trust === openTrust) return everyone
  return contextOf(task, ordered, trust.weigh(task, ordered, everyone), trust.quorum)
}

function contextOf(
  task: TaskTerms,
  states: readonly StateFacts[],
  weigh: (key: string) => number,
  quorum: number,
): ClassContext {
  if (task.replay.mode !== "noisy") return { noise: null, df: 0, baselines: null, weigh, quorum }
  const baselines = baselinesOf(task, states, weigh)
  return { ...estimateNoise(task, states, baselines, weigh), baselines, weigh, quorum }
}

/** Text that is the same only for classes that states are judged alike in, where every key counts alike. */
export function contextMark({ noise, df, baselines }: ClassContext): string {
  // How far a class is from being calibrated is told until it is.
  const known = noise === null ? { df } : noise
  return JSON.stringify([known, baselines === null ? null : [baselines.reference, ...baselines.keys]])
}
