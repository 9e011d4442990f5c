import type { OpenClaim } from "./proposer.ts"

/** A claim with its end. */
export interface TimedClaim extends OpenClaim {
  readonly task: string
  /** Unix seconds. */
  readonly expires: number
}

/** Claims heard of others, for as long as they last. */
export interface ClaimBook {
  hear(claim: TimedClaim): void
  /** Those of a task that last still, newest first. */
  open(task: string): OpenClaim[]
}

/** Kept of one author: of more, its oldest goes. */
const MOST_OF_AUTHOR = 64
/** Kept in all: of more, the oldest of whoever has most goes, so that one key's flood displaces its own. */
const MOST = 1_024

/** @param now Unix seconds */
export function createClaimBook(now: () => number): ClaimBook {
  const byAuthor = new Map<string, TimedClaim[]>()

  function dropExpired(): void {
    for (const [author, claims] of byAuthor) {
      const left = claims.filter(({ expires }) => expires > now())
      if (left.length === 0) byAuthor.delete(author)
      else byAuthor.set(author, left)
    }
  }

  function makeRoom(): void {
    const all = [...byAuthor.values()]
    if (all.reduce((sum, claims) => sum + claims.length, 0) <= MOST) return
    const [largest] = all.toSorted((a, b) => b.length - a.length)
    const oldest = largest?.shift()
    if (oldest !== undefined && largest?.length === 0) byAuthor.delete(oldest.author)
  }

  return {
    hear: (claim) => {
      dropExpired()
      if (claim.expires <= now()) return
      const claims = byAuthor.get(claim.author) ?? []
      claims.push(claim)
      if (claims.length > MOST_OF_AUTHOR) claims.shift()
      byAuthor.set(claim.author, claims)
      makeRoom()
    },
    open: (task) => {
      dropExpired()
      return [...byAuthor.values()]
        .flat()
        .filter((claim) => claim.task === task)
        .toReversed()
        .map(({ author, parent, summary }) => ({ author, parent, summary }))
    },
  }
}
