import type { VerdictState } from "@spore/records"
import type { Ballot } from "./ballot.ts"
import type { ClassContext } from "./class-context.ts"

/** What the votes on a claim come to. */
export interface Decision {
  readonly state: VerdictState
  /** How far the median rerun is worse than the claim, in noisy replay and with known noise; see `tStatistic`. */
  readonly t: number | null
}

/** The verdict in exact and artifact replay: docs/spec/07-derived-state.md, 7.4.2. There is at least one vote. */
export function decideExact({ votes }: Ballot, { quorum }: ClassContext, challenged: boolean): Decision {
  const [all, matching] = weights(votes)
  const mismatching = all - matching
  if (isMost(mismatching, all, quorum)) return { state: "refuted", t: null }
  if (mismatching === 0) return { state: challenged && matching >= quorum ? "upheld" : "reproduced", t: null }
  if (isMost(matching, all, quorum)) return { state: challenged ? "upheld" : "reproduced", t: null }
  return { state: challenged ? "challenged" : "suspect", t: null }
}

/** The weight of all votes, and of those that match. */
export function weights(votes: Ballot["votes"]): [all: number, matching: number] {
  let [all, matching] = [0, 0]
  for (const { weight, isMatch } of votes) {
    all += weight
    if (isMatch) matching += weight
  }
  return [all, matching]
}

/** Whether a side decides: the quorum, and more than two thirds. */
export function isMost(side: number, all: number, quorum: number): boolean {
  return side >= quorum && 3 * side > 2 * all
}
