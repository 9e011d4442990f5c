const MIB = 1024 * 1024

/** Bounds on reconciliation. */
export interface SyncLimits {
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
}

export const HOME_SYNC: SyncLimits = {
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
}

export const RELAY_SYNC: SyncLimits = { ...HOME_SYNC }
