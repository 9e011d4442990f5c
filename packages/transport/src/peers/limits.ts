const MIB = 1024 * 1024
const HOUR_MS = 3_600_000

/** Bounds on connections, streams and the finding of peers. */
export interface PeerLimits {
  /** Connections of this node in all; further inbound ones are refused. */
  maxConnections: number
  /** Inbound connections of one host (an IPv4 address, or a /64 of IPv6): a laboratory behind one address fits. */
  connectionsPerHost: number
  /** Inbound connections that have not finished their handshake, in all and of one host. */
  maxPendingInbound: number
  pendingPerHost: number
  /** New inbound connections per second from one address. */
  inboundPerSecondPerHost: number
  /** For the handshake of an inbound connection: a silent socket is closed after this. */
  upgradeMs: number
  /** For one dial, name resolution and handshake included. */
  dialMs: number
  /** For finding out what else answers at an address that does not speak libp2p. */
  explainMs: number
  /** For a dialled peer to say which protocols it speaks. */
  identifyMs: number
  /** For any peer: a connection that was not said to carry the protocol is closed at the next upkeep after this. */
  strangerMs: number
  /** How often the round trip of each connection is measured. A peer that does not answer for a minute is cut off. */
  pingMs: number
  /** How often connections are looked after: who lost its gossip stream is cut off, who left is forgotten. */
  upkeepMs: number

  /** Streams open at once on a connection, in each direction. */
  streamsPerConnection: number
  /** What a peer may send on one stream before this side has read it. */
  streamWindow: number

  /** First and longest pause before an address of the user is dialled again. */
  redialMinMs: number
  redialMaxMs: number
  /** Connections this node dials of its own accord, those of the user counted in. */
  outboundPeers: number
  /** How often it looks whether it has them. */
  seekMs: number
  /** Dials of its own accord, at once and per minute. */
  seekDials: number
  seekDialsPerMinute: number
  /** First and longest pause before an address that was seen or told is dialled again. */
  retryMinMs: number
  retryMaxMs: number

  /** Addresses remembered, in all and of one peer. */
  knownAddresses: number
  addressesPerPeer: number
  /** Addresses on others' word within one /24 of IPv4 or /48 of IPv6. */
  toldPerSubnet: number
  /** Signed records in one answer, and bytes of a record. */
  peersPerAnswer: number
  peerRecordBytes: number
  /** Pause between two questions to one peer, and between two answers to one. */
  peersAskMs: number
  peersAnswerMs: number
  /** For a peer to answer, or to take the answer. */
  peersStepMs: number

  /** Relays on which this node listens at once, as a client. */
  relaysUsed: number
  /** Reservations granted, in all and to one host, as a server. */
  reservations: number
  reservationsPerHost: number
  /** What one relayed connection may carry: enough to learn of each other and to try a direct one. */
  circuitBytes: number
  circuitMs: number
  /** Relayed connections at once from one relay, as a client. */
  circuits: number
}

export const HOME_PEERS: PeerLimits = {
  maxConnections: 128,
  connectionsPerHost: 32,
  maxPendingInbound: 64,
  pendingPerHost: 16,
  inboundPerSecondPerHost: 32,
  upgradeMs: 5_000,
  dialMs: 10_000,
  explainMs: 5_000,
  identifyMs: 5_000,
  strangerMs: 30_000,
  pingMs: 10_000,
  upkeepMs: 30_000,

  streamsPerConnection: 64,
  streamWindow: 1 * MIB,

  redialMinMs: 1_000,
  redialMaxMs: 300_000,
  outboundPeers: 8,
  seekMs: 5_000,
  seekDials: 3,
  seekDialsPerMinute: 12,
  retryMinMs: 60_000,
  retryMaxMs: 24 * HOUR_MS,

  knownAddresses: 1_000,
  addressesPerPeer: 4,
  toldPerSubnet: 8,
  peersPerAnswer: 32,
  peerRecordBytes: 2_048,
  peersAskMs: 600_000,
  peersAnswerMs: 60_000,
  peersStepMs: 10_000,

  relaysUsed: 2,
  reservations: 16,
  reservationsPerHost: 4,
  circuitBytes: 128 * 1024,
  circuitMs: 120_000,
  circuits: 16,
}

export const RELAY_PEERS: PeerLimits = {
  ...HOME_PEERS,
  maxConnections: 1_024,
  connectionsPerHost: 64,
  maxPendingInbound: 256,
  streamWindow: MIB / 4,
  reservations: 128,
  reservationsPerHost: 8,
}
