const MIB = 1024 * 1024

/** Bounds on gossip. A rate is what may come at once, and in every 10 seconds on average. */
export interface GossipLimits {
  /** Largest inbound gossip message; a peer that sends a larger one loses its gossip stream. */
  gossipRpcBytes: number
  /** Outbound gossip waiting for a peer that does not read; beyond, its gossip stream is dropped. */
  gossipOutboundBytes: number
  /** Records that peers are told of, and that one peer is given on request, in a heartbeat: less than `gossipRpcBytes`. */
  gossipAnswerBytes: number
  /** Records kept for a few heartbeats for peers to ask for. */
  gossipCacheBytes: number

  /** Gossiped records of a peer waiting to be checked; further ones are ignored, and a sync follows. */
  gossipPendingRecords: number
  gossipPendingBytes: number
  /** The same of all peers together, and as much again waiting to be stored. */
  gossipQueueRecords: number
  gossipQueueBytes: number
  /** Records checked, and stored, in one go. */
  gossipBatch: number

  /** Rate of a peer's messages and their bytes; beyond, they are ignored, and thousands are a flood that cuts it off. */
  gossipPeerRate: number
  gossipPeerByteRate: number
  /** Rate of signatures of a peer that take the costly second step. */
  gossipSecondStepRate: number
  /** Rate of an author's records, and of its claims; beyond, they are left to sync. */
  gossipAuthorRate: number
  gossipClaimRate: number
  /** Rate of a task's records, of all authors. */
  gossipTaskRate: number
}

export const HOME_GOSSIP: GossipLimits = {
  gossipRpcBytes: 2 * MIB,
  gossipOutboundBytes: 4 * MIB,
  // At 1 KiB a record and one heartbeat a second, peers outside the mesh hear of 1,500 records a second.
  gossipAnswerBytes: 1.5 * MIB,
  gossipCacheBytes: 32 * MIB,

  gossipPendingRecords: 4096,
  gossipPendingBytes: 8 * MIB,
  gossipQueueRecords: 16_384,
  gossipQueueBytes: 32 * MIB,
  gossipBatch: 64,

  // One peer of a mesh may bring everything there is. Gossipsub remembers each message for two minutes, about 0.5 KB.
  gossipPeerRate: 10_000,
  gossipPeerByteRate: 64 * MIB,
  gossipSecondStepRate: 20,
  // An agent that runs one experiment a second on 100 machines under one key.
  gossipAuthorRate: 1000,
  gossipClaimRate: 20,
  gossipTaskRate: 10_000,
}

/** Hundreds of peers, and every task there is: more room for all together. */
export const RELAY_GOSSIP: GossipLimits = {
  ...HOME_GOSSIP,
  gossipCacheBytes: 64 * MIB,
  gossipPeerRate: 20_000,
  gossipQueueRecords: 65_536,
  gossipQueueBytes: 128 * MIB,
}
