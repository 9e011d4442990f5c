import type { Clock } from "@spore/records"

const HALF_LIFE_MS = 60_000
const SHUNNED = -50
const MAX_PEERS = 10_000

/** A message that no working node sends. */
export const BLAME_VIOLATION = 25
/** A gossip message of no use here: nothing by itself, but a flood of a thousand a second adds up. */
export const BLAME_UNWANTED = 0.001

/** How peers behaved of late: gossip scores them by it, and who behaved badly is served nothing for a while. */
export interface Conduct {
  /** Lowers a peer's standing; half of it is restored after a minute. */
  blame(peer: string, weight: number): void
  /** 0 for a peer without blame, else below. */
  score(peer: string): number
  /** Whether the peer's requests are refused for now. */
  shuns(peer: string): boolean
}

export function createConduct(clock: Clock): Conduct {
  const standings = new Map<string, { score: number; at: number }>()

  function score(peer: string): number {
    const standing = standings.get(peer)
    if (standing === undefined) return 0
    return standing.score * 0.5 ** (Math.max(0, clock.now() - standing.at) / HALF_LIFE_MS)
  }

  return {
    blame: (peer, weight) => {
      const lowered = { score: score(peer) - weight, at: clock.now() }
      // Written anew, so that the first entry is the one blamed longest ago.
      standings.delete(peer)
      standings.set(peer, lowered)
      const [longestAgo] = standings.keys()
      if (standings.size > MAX_PEERS && longestAgo !== undefined) standings.delete(longestAgo)
    },
    score,
    shuns: (peer) => score(peer) <= SHUNNED,
  }
}
