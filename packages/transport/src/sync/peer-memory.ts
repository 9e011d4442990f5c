import { type Clock, createLru, type Lru } from "@spore/records"

const KEEP_MS = 3_600_000
const MAX_PEERS = 256
const MAX_POSITIONS = 1024

/** What is kept of peers between sessions. It says nothing about a fact itself, and nothing of it lasts. */
export interface PeerMemory {
  /** A fact that the peer lists and did not give, or did not take: not asked or offered again for an hour. */
  leave(peer: string, digest: Uint8Array): void
  isLeft(peer: string, digest: Uint8Array): boolean
  /** How far the first load of a log from a peer has come, until it is over. */
  position(peer: string, log: string): Uint8Array | undefined
  setPosition(peer: string, log: string, entry: Uint8Array | undefined): void
}

/** @param maxFacts of each peer; more drop the oldest */
export function createPeerMemory(clock: Clock, maxFacts: number): PeerMemory {
  const left = createLru<Lru<number>>(MAX_PEERS)
  const positions = createLru<{ readonly entry: Uint8Array | undefined }>(MAX_POSITIONS)
  return {
    leave: (peer, digest) => {
      const facts = left.get(peer) ?? left.set(peer, createLru(maxFacts))
      facts.set(keyOf(digest), clock.now() + KEEP_MS)
    },
    isLeft: (peer, digest) => (left.get(peer)?.get(keyOf(digest)) ?? 0) > clock.now(),
    position: (peer, log) => positions.get(`${peer} ${log}`)?.entry,
    setPosition: (peer, log, entry) => {
      positions.set(`${peer} ${log}`, { entry })
    },
  }
}

function keyOf(digest: Uint8Array): string {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.length).toString("latin1")
}
