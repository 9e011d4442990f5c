import { type Clock, isSporeError, SporeError } from "@spore/records"
import type { CandidateProposal, Proposer, ProposerErrorCode } from "./proposer.ts"

/** After a failure `first` is left alone for so long, twice as long after each further one. */
const FIRST_MS = 10_000
const LONGEST_MS = 10 * 60_000
/** Where its keeper has to do something, it is looked at again only now and then. */
const UNAVAILABLE_MS = 30 * 60_000

export interface FallbackInit {
  readonly first: Proposer
  /** Asked where `first` fails, is left alone, or has nothing to propose. */
  readonly spare: Proposer
  readonly clock: Clock
  /** @param until Unix milliseconds until when `first` is not asked */
  onFailure(error: unknown, until: number): void
}

/** A proposer that hears what became of its proposals. */
export interface Fallback extends Proposer {
  /** A proposal was good enough to run. */
  taken(proposal: CandidateProposal): void
  /** The last proposal for a parent, of which none could be run, and why: as good as a failure. */
  refused(proposal: CandidateProposal, reason: string): void
}

/** Proposes by one proposer, and by another while that one fails. `budget_spent` is not fallen back from. */
export function createFallback({ first, spare, clock, onFailure }: FallbackInit): Fallback {
  const ofFirst = new WeakSet<CandidateProposal>()
  let failures = 0
  let notBefore = 0

  function fail(error: unknown): void {
    failures++
    notBefore = clock.now() + pauseAfter(error)
    onFailure(error, notBefore)
  }

  function pauseAfter(error: unknown): number {
    if (isSporeError(error, "proposer_unavailable")) return UNAVAILABLE_MS
    return Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1))
  }

  return {
    name: first.name,
    propose: async (context) => {
      if (clock.now() < notBefore) return spare.propose(context)
      try {
        const proposal = await first.propose(context)
        if (proposal !== null) {
          ofFirst.add(proposal)
          return proposal
        }
      } catch (error) {
        if (context.signal.aborted || isSporeError(error, "budget_spent")) throw error
        fail(error)
      }
      return spare.propose(context)
    },
    taken: (proposal) => {
      if (ofFirst.has(proposal)) failures = 0
    },
    refused: (proposal, reason) => {
      if (!ofFirst.has(proposal)) return
      fail(new SporeError<ProposerErrorCode>("proposer_failed", `nothing that it proposed could be run: ${reason}`))
    },
  }
}
