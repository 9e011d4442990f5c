const KIB = 1024
const MIB = 1024 * KIB

/** Bounds on the exchange of artifacts. */
export interface ExchangeLimits {
  /** Ids in one request. */
  artifactBatch: number
  /** Blocks asked of one peer and not answered yet. */
  artifactWindow: number
  /** Bytes that these are thought to have. */
  artifactWindowBytes: number
  /** Blocks wanted at the same time for one artifact. */
  artifactWants: number
  /** Bytes received and not yet on disk, from all peers together, before no more are read. */
  artifactWritingBytes: number
  /** Without a byte of a block that was asked for: another peer is asked instead. */
  artifactStallMs: number
  /** For one block, its sending included. */
  artifactBlockMs: number
  /** After which this node ends a stream that it needs no more. */
  artifactIdleMs: number
  /** For a peer's next request; longer than `artifactIdleMs`, so that who asks ends the stream. */
  artifactRequestMs: number
  /** For which a peer that failed twice in a row is asked for nothing. */
  artifactRestMs: number
  /** Streams on which a peer may ask at the same time. */
  artifactStreams: number
  /** Ids answered a second; who asks for more waits. */
  artifactIdsPerSecond: number
  /** Bytes sent a second; who asks for more waits. */
  artifactBytesPerSecond: number
  /** Bytes held for peers that have not read them yet, of all together; beyond, the slowest reader is cut off. */
  artifactServingBytes: number
}

export const HOME_EXCHANGE: ExchangeLimits = {
  artifactBatch: 128,
  artifactWindow: 512,
  artifactWindowBytes: 4 * MIB,
  artifactWants: 128,
  artifactWritingBytes: 16 * MIB,
  artifactStallMs: 10_000,
  artifactBlockMs: 60_000,
  artifactIdleMs: 15_000,
  artifactRequestMs: 60_000,
  artifactRestMs: 30_000,
  artifactStreams: 2,
  artifactIdsPerSecond: 10_000,
  artifactBytesPerSecond: 512 * MIB,
  artifactServingBytes: 64 * MIB,
}

export const RELAY_EXCHANGE: ExchangeLimits = {
  ...HOME_EXCHANGE,
  artifactIdsPerSecond: 5_000,
  artifactBytesPerSecond: 32 * MIB,
  artifactServingBytes: 256 * MIB,
}
