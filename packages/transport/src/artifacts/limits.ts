/** Bounds on the exchange of artifacts. */
export interface ExchangeLimits {
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

export const HOME_EXCHANGE: ExchangeLimits = {
  artifactBatch: 16,
  artifactShare: 256,
  artifactShareMs: 60_000,
  artifactBlockMs: 30_000,
  artifactPeers: 4,
  artifactStreams: 4,
}

export const RELAY_EXCHANGE: ExchangeLimits = { ...HOME_EXCHANGE }
