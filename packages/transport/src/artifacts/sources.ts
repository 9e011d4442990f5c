import type { CID } from "@spore/records"

/** Blocks to ask of one peer. */
export interface Share {
  peer: string
  cids: CID[]
}

export interface SharingLimits {
  /** Peers at the same time. */
  artifactPeers: number
  /** Blocks per peer. */
  artifactShare: number
}

/** Which peers may still hold which blocks of one artifact. */
export interface Sources {
  /** Shares blocks out evenly among peers that may hold them; empty where none may. */
  shareOut(missing: Iterable<CID>, limits: SharingLimits): Share[]
  /** The peer said that it does not hold the block. */
  lacks(peer: string, cid: CID): void
  /** The peer is of no use for this artifact. */
  drop(peer: string): void
}

/** Sources from these peers, the most promising first. */
export function createSources(peers: readonly string[]): Sources {
  const lacking = new Map(peers.map((peer) => [peer, new Set<string>()]))

  function shareOut(missing: Iterable<CID>, { artifactPeers, artifactShare }: SharingLimits): Share[] {
    const shares = new Map<string, Share>()
    const room = (peer: string): number => {
      const share = shares.get(peer)
      if (share === undefined) return shares.size < artifactPeers ? artifactShare : 0
      return artifactShare - share.cids.length
    }
    for (const cid of missing) {
      const peer = choose(cid.toString(), room)
      if (peer === undefined) continue
      const share = shares.get(peer) ?? { peer, cids: [] }
      share.cids.push(cid)
      shares.set(peer, share)
    }
    return [...shares.values()]
  }

  /** Of the peers that may hold the block the least busy; who lacks other blocks of the artifact only if need be. */
  function choose(id: string, room: (peer: string) => number): string | undefined {
    let best: { peer: string; isPartial: boolean; room: number } | undefined
    for (const [peer, lacks] of lacking) {
      const candidate = { peer, isPartial: lacks.size > 0, room: room(peer) }
      if (candidate.room === 0 || lacks.has(id)) continue
      const isBetter =
        best === undefined || (candidate.isPartial === best.isPartial ? candidate.room > best.room : best.isPartial)
      if (isBetter) best = candidate
    }
    return best?.peer
  }

  return {
    shareOut,
    lacks: (peer, cid) => lacking.get(peer)?.add(cid.toString()),
    drop: (peer) => lacking.delete(peer),
  }
}
