const MIB = 1024 * 1024

/** Bounds on gossip. */
export interface GossipLimits {
  /** Largest inbound gossip message; a peer that sends a larger one loses its gossip stream. */
  gossipRpcBytes: number
  /** Outbound gossip waiting for a peer that does not read; beyond, its gossip stream is dropped. */
  gossipOutboundBytes: number
  /** Gossiped records of a peer waiting to be checked and stored; further ones are ignored, and a sync follows. */
  gossipPendingRecords: number
  gossipPendingBytes: number
  /** Gossiped records offered to the fact source at once. */
  gossipBatch: number
}

export const HOME_GOSSIP: GossipLimits = {
  // A peer answers IWANT with everything asked for in one message: at 1 KiB a record and one heartbeat a second this
  // allows 2,000 records a second, where the 512 KiB often advised would cut off honest peers at 500.
  gossipRpcBytes: 2 * MIB,
  gossipOutboundBytes: 4 * MIB,
  gossipPendingRecords: 4096,
  gossipPendingBytes: 8 * MIB,
  gossipBatch: 64,
}

export const RELAY_GOSSIP: GossipLimits = { ...HOME_GOSSIP }
