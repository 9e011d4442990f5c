const MIB = 1024 * 1024

/** Bounds on connections, streams and the finding of peers. */
export interface PeerLimits {
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
}

export const HOME_PEERS: PeerLimits = {
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
}

export const RELAY_PEERS: PeerLimits = { ...HOME_PEERS }
