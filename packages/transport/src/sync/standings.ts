import type { Clock } from "@spore/records"
import type { PeerCarries, PeerInfo, PeerSync } from "../transport.ts"
import type { SessionResult } from "./client.ts"

/** What is told of a peer about sync. */
export type Standing = Pick<PeerInfo, "carries" | "sync">

/** How sync stands with each peer, whoever begins the sessions. */
export interface Standings {
  of(peer: string): Standing
  began(peer: string): void
  /** It said what it carries. */
  heard(peer: string, carries: PeerCarries): void
  ended(peer: string, result: SessionResult): void
  /** @param failure the error's code */
  failed(peer: string, failure: string): void
  /** Drops what is known of all peers but these. */
  keep(peers: ReadonlySet<string>): void
}

interface Kept extends Standing {
  readonly sessions: number
}

const NEW: Kept = {
  carries: null,
  sessions: 0,
  sync: { running: false, syncedAt: null, complete: false, received: 0, sent: 0, failure: null },
}

export function createStandings(clock: Clock): Standings {
  const known = new Map<string, Kept>()
  const of = (peer: string): Kept => known.get(peer) ?? NEW

  function set(peer: string, { sync = {}, ...change }: Partial<Omit<Kept, "sync">> & { sync?: Partial<PeerSync> }) {
    const before = of(peer)
    const after = { ...before, ...change }
    known.set(peer, { ...after, sync: { ...before.sync, ...sync, running: after.sessions > 0 } })
  }

  return {
    of: (peer) => {
      const { carries, sync } = of(peer)
      return { carries, sync }
    },
    began: (peer) => set(peer, { sessions: of(peer).sessions + 1 }),
    heard: (peer, carries) => set(peer, { carries }),
    ended: (peer, { received, sent, isFinished }) => {
      const { sessions, sync } = of(peer)
      set(peer, {
        sessions: Math.max(0, sessions - 1),
        sync: {
          syncedAt: clock.now(),
          complete: isFinished,
          received: sync.received + received,
          sent: sync.sent + sent,
          failure: null,
        },
      })
    },
    failed: (peer, failure) => set(peer, { sessions: Math.max(0, of(peer).sessions - 1), sync: { failure } }),
    keep: (peers) => {
      for (const peer of known.keys()) if (!peers.has(peer)) known.delete(peer)
    },
  }
}
