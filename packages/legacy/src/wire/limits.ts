const KIB = 1024
const MIB = 1024 * KIB
const HOUR_MS = 3_600_000

/** Every bound on what nodes of the 0.6 network may cost. Times in milliseconds, sizes in bytes, per peer unless said. */
export interface LegacyLimits {
  /** Inbound connections in all that have said something sensible; further ones are refused. */
  maxInbound: number
  /** Of these, from one host. */
  maxInboundPerHost: number
  /** Inbound connections in all that have not: the one that has waited longest gives way to a new one. */
  maxPendingInbound: number
  /** New inbound connections from one host: so many at once, and so many per second after that. */
  inboundBurstPerHost: number
  inboundPerSecondPerHost: number
  /** For one dial, name resolution included. */
  dialMs: number
  /** For the first message of a peer. */
  handshakeMs: number
  /** Between two messages. A silent peer is asked for a sign of life after half of it. */
  idleMs: number
  /** For one message, from its first byte to its last. */
  frameMs: number
  /** For the peer to take something of what is to be sent. */
  stallMs: number
  /** Bytes on their way to a peer at which everything that is to be sent to it waits. */
  unsentBytes: number

  /** Messages and their bytes that nobody asked for: so many at once, then per second; reading waits beyond that. */
  messageBurst: number
  messagesPerSecond: number
  byteBurst: number
  bytesPerSecond: number
  /** Refused messages that nobody asked for: so many at once, then per second; beyond that the connection ends. */
  refusedBurst: number
  refusedPerSecond: number
  /** Requests for whole logs that are answered: so many at once, then per second; further ones wait. */
  answerBurst: number
  answersPerSecond: number
  /** Requests for code that wait to be answered, at which reading waits. */
  waitingCodeRequests: number
  /** Bytes of objects read and not yet stored, at which reading waits. */
  unstoredBytes: number

  /** Of one answer to a request of ours; a longer one ends the connection. */
  answerObjects: number
  answerBytes: number
  /** Refused objects within one answer, at which the connection ends: 0.6 nodes serve the poison they took. */
  answerRefused: number
  /** Between two objects of an answer. */
  answerMs: number
  /** For one answer in all. */
  answerTotalMs: number
  /** Inbound peers that are asked for their logs at a time, in all. */
  inboundPulls: number
  /** After which an inbound peer is asked for what it has. */
  askBackMs: number
  /** Files of code to ask a peer for that are remembered. */
  wantedCode: number
  /** Bytes of code that are taken of a peer between two syncs. */
  codeBytes: number

  /** Ids that are known to be known to a peer, and need not be sent to it. */
  sharedIds: number
  /** Objects, in all, that need no second check of their signature. */
  checkedObjects: number
  /** Bytes of messages, in all, that are kept to be passed on as they came. */
  relayBytes: number

  /** Between two syncs with a connected peer. */
  resyncMs: number
  /** Everything is asked for again when the last time is so long ago. */
  fullSyncMs: number
  /** How far before the last sync a peer is asked to begin: facts may have come to it late. */
  overlapMs: number
  /** How often what other processes stored is looked for. */
  pollMs: number
  /** First and longest pause before a lost peer is dialled again. */
  redialMinMs: number
  redialMaxMs: number
}

/** For a node at home. */
export const HOME_LEGACY: LegacyLimits = {
  maxInbound: 32,
  maxInboundPerHost: 8,
  maxPendingInbound: 32,
  inboundBurstPerHost: 64,
  inboundPerSecondPerHost: 8,
  dialMs: 10_000,
  handshakeMs: 10_000,
  idleMs: 300_000,
  frameMs: 60_000,
  stallMs: 30_000,
  unsentBytes: 256 * KIB,

  messageBurst: 2_000,
  messagesPerSecond: 500,
  byteBurst: 16 * MIB,
  bytesPerSecond: 1 * MIB,
  refusedBurst: 16,
  refusedPerSecond: 0.1,
  answerBurst: 6,
  answersPerSecond: 0.1,
  waitingCodeRequests: 256,
  unstoredBytes: 2 * MIB,

  answerObjects: 250_000,
  answerBytes: 1024 * MIB,
  answerRefused: 1_000,
  answerMs: 60_000,
  answerTotalMs: 900_000,
  inboundPulls: 4,
  askBackMs: 10_000,
  wantedCode: 50_000,
  codeBytes: 256 * MIB,

  sharedIds: 4_096,
  checkedObjects: 16_384,
  relayBytes: 8 * MIB,

  resyncMs: 600_000,
  fullSyncMs: 24 * HOUR_MS,
  overlapMs: 24 * HOUR_MS,
  pollMs: 2_000,
  redialMinMs: 1_000,
  redialMaxMs: 300_000,
}

/** For a public relay: hundreds of strangers. */
export const RELAY_LEGACY: LegacyLimits = {
  ...HOME_LEGACY,
  maxInbound: 512,
  maxPendingInbound: 256,
  inboundPulls: 16,
  sharedIds: 1_024,
  codeBytes: 1024 * MIB,
  relayBytes: 32 * MIB,
}
