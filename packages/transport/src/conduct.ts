import type { Clock } from "@spore/records"

const HALF_LIFE_MS = 60_000
const SHUNNED = -50
const MAX_PEERS = 10_000

/** A message that no working node sends. */
export const BLAME_VIOLATION = 25
/** A message beyond the peer's rate: little by itself, but 5,000 of them within a minute are a flood. */
export const BLAME_OVER_RATE = 0.01

/** How peers behaved of late: gossip scores them by it, and who behaved badly is cut off for a while. */
export interface Conduct {
  /** Lowers a peer's standing; half of it is restored after a minute. */
  blame(peer: string, weight: number): void
  /** 0 for a peer without blame, else below. */
  score(peer: string): number
  /** Whether the peer is not heard for now: its connections are closed, its requests refused. */
  shuns(peer: string): boolean
}

/** @param onShunned called when a peer's standing has fallen so low that it is not heard any more */
export function createConduct(clock: Clock, onShunned?: (peer: string) => void): Conduct {
  const standings = new Map<string, { score: number; at: number }>()

  function score(peer: string): number {
    const standing = standings.get(peer)
    if (standing === undefined) return 0
    return standing.score * 0.5 ** (Math.max(0, clock.now() - standing.at) / HALF_LIFE_MS)
  }

  function shuns(peer: string): boolean {
    return score(peer) <= SHUNNED
  }

  return {
    blame: (peer, weight) => {
      const wasShunned = shuns(peer)
      const lowered = { score: score(peer) - weight, at: clock.now() }
      // Written anew, so that the first entry is the one blamed longest ago.
      standings.delete(peer)
      standings.set(peer, lowered)
      const [longestAgo] = standings.keys()
      if (standings.size > MAX_PEERS && longestAgo !== undefined) standings.delete(longestAgo)
      if (!wasShunned && shuns(peer)) onShunned?.(peer)
    },
    score,
    shuns,
  }
}
