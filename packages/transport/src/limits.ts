const KIB = 1024
const MIB = 1024 * KIB

/** Every bound on what peers may cost. Times in milliseconds, sizes in bytes, counts per peer unless said otherwise. */
export interface TransportLimits {
  /** Connections of this node in all; further ones are refused. */
  maxConnections: number
  /** Inbound connections that have not finished their handshake, in all. */
  maxPendingInbound: number
  /** New inbound connections per second from one host: high enough for a laboratory behind one address. */
  inboundPerSecondPerHost: number
  /** For the handshake of an inbound connection: a silent socket is closed after this. */
  upgradeMs: number
  /** For one dial, name resolution and handshake included. */
  dialMs: number
  /** For a dialled peer to say which protocols it speaks. */
  identifyMs: number
  /** First and longest pause before a lost peer is dialled again. */
  redialMinMs: number
  redialMaxMs: number
  /** How often connections are looked after: who lost its gossip stream is cut off, who left is forgotten. */
  upkeepMs: number

  /** Streams open at once on a connection, in each direction. */
  streamsPerConnection: number
  /** What a peer may send on one stream before this side has read it. */
  streamWindow: number

  /** Largest inbound gossip message; a peer that sends a larger one loses its gossip stream. */
  gossipRpcBytes: number
  /** Outbound gossip waiting for a peer that does not read; beyond, its gossip stream is dropped. */
  gossipOutboundBytes: number
  /** Gossiped records of a peer waiting to be checked and stored; further ones are ignored, and a sync follows. */
  gossipPendingRecords: number
  gossipPendingBytes: number
  /** Gossiped records offered to the fact source at once. */
  gossipBatch: number

  /** Largest sync message. */
  syncFrameBytes: number
  /** Facts asked for in one request. */
  syncBatch: number
  /** Facts of one log that are listed: of a longer log, the newest. */
  syncLogEntries: number
  /** Logs a peer may name. */
  syncLogs: number
  /** For a peer's next message, its sending included. */
  syncStepMs: number
  /** For a peer that is busy storing what it got to ask again. */
  syncIdleMs: number
  /** For a whole session; the next one goes on from what was stored. */
  syncSessionMs: number
  /** Received and sent in a session, each. */
  syncSessionBytes: number
  /** Sessions this node begins at the same time, in all. */
  syncSessions: number
  /** Sessions a peer may begin at the same time. */
  syncStreams: number

  /** Blocks asked for in one request. */
  artifactBatch: number
  /** Blocks asked of one peer before the work is shared out anew. */
  artifactShare: number
  /** For such a share; what came in time is kept. */
  artifactShareMs: number
  /** For one block, its sending included. */
  artifactBlockMs: number
  /** Peers asked at the same time for one artifact. */
  artifactPeers: number
  /** Exchanges a peer may begin at the same time; this node keeps to the same number. */
  artifactStreams: number
}

export const DEFAULT_TRANSPORT_LIMITS: TransportLimits = {
  maxConnections: 128,
  maxPendingInbound: 64,
  inboundPerSecondPerHost: 32,
  upgradeMs: 5_000,
  dialMs: 10_000,
  identifyMs: 5_000,
  redialMinMs: 1_000,
  redialMaxMs: 300_000,
  upkeepMs: 30_000,

  streamsPerConnection: 64,
  streamWindow: 1 * MIB,

  // A peer answers IWANT with everything asked for in one message: at 1 KiB a record and one heartbeat a second this
  // allows 2,000 records a second, where the 512 KiB often advised would cut off honest peers at 500.
  gossipRpcBytes: 2 * MIB,
  gossipOutboundBytes: 4 * MIB,
  gossipPendingRecords: 4096,
  gossipPendingBytes: 8 * MIB,
  gossipBatch: 64,

  syncFrameBytes: 1 * MIB,
  syncBatch: 256,
  syncLogEntries: 1_000_000,
  syncLogs: 20_000,
  syncStepMs: 30_000,
  syncIdleMs: 120_000,
  syncSessionMs: 600_000,
  syncSessionBytes: 512 * MIB,
  syncSessions: 4,
  syncStreams: 2,

  artifactBatch: 16,
  artifactShare: 256,
  artifactShareMs: 60_000,
  artifactBlockMs: 30_000,
  artifactPeers: 4,
  artifactStreams: 4,
}
