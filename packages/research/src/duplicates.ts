import { bagOf, type Change, similarity, tokensOf } from "./change.ts"
import type { OpenClaim } from "./proposer.ts"

/** What was tried from the same parent before, and ran. */
export interface KnownChange {
  readonly id: string
  readonly title: string
  readonly change: Change
}

/**
 * From here on two attempts are the same. autoresearch-at-home refuses what is more than 92 % alike, and found that to
 * part repeated ideas from new ones.
 */
export const DUPLICATE_SIMILARITY = 0.92

/**
 * Why a proposal repeats what was tried, or what somebody is trying; null where it is new. What crashed must not be
 * among `known`: its repair is nearly the same, and wanted.
 *
 * @param claims of the same parent
 */
export function duplicateOf(
  proposal: { readonly title: string; readonly change: Change },
  known: readonly KnownChange[],
  claims: readonly OpenClaim[],
): string | null {
  if (proposal.change.size === 0) return "it changes nothing of its parent but white space"
  for (const { id, title, change } of known) {
    const alike = similarity(proposal.change, change)
    if (alike >= DUPLICATE_SIMILARITY) {
      return `${Math.floor(alike * 100)} % the same change as ${id.slice(-8)} "${title}", which was tried from this parent`
    }
  }
  const words = bagOf(tokensOf(proposal.title.toLowerCase()))
  for (const { summary } of claims) {
    if (similarity(words, bagOf(tokensOf(summary.toLowerCase()))) >= DUPLICATE_SIMILARITY) {
      return `somebody is trying "${summary.slice(0, 256)}" from this parent now`
    }
  }
  return null
}
