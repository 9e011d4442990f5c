import { type Clock, isSporeError } from "@spore/records"
import type { Proposer } from "./proposer.ts"

/** After a failure `first` is left alone for so long, twice as long after each further one. */
const FIRST_MS = 10_000
const LONGEST_MS = 10 * 60_000
/** Where its keeper has to do something, it is looked at again only now and then. */
const UNAVAILABLE_MS = 30 * 60_000

export interface FallbackInit {
  readonly first: Proposer
  /** Asked where `first` fails, is left alone, or has nothing to propose. */
  readonly then: Proposer
  readonly clock: Clock
  /** @param until Unix milliseconds until when `first` is not asked */
  onFailure(error: unknown, until: number): void
}

/** Proposes by one proposer, and by another while that one fails. `budget_spent` is not fallen back from. */
export function createFallback({ first, then, clock, onFailure }: FallbackInit): Proposer {
  let failures = 0
  let notBefore = 0

  function pauseAfter(error: unknown): number {
    if (isSporeError(error, "proposer_unavailable")) return UNAVAILABLE_MS
    return Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1))
  }

  return {
    name: first.name,
    propose: async (context) => {
      if (clock.now() < notBefore) return then.propose(context)
      try {
        const proposal = await first.propose(context)
        failures = 0
        if (proposal !== null) return proposal
      } catch (error) {
        if (context.signal.aborted || isSporeError(error, "budget_spent")) throw error
        failures++
        notBefore = clock.now() + pauseAfter(error)
        onFailure(error, notBefore)
      }
      return then.propose(context)
    },
  }
}
