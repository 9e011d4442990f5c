const MIB = 1024 * 1024

/** Bounds on reconciliation. */
export interface SyncLimits {
  /** Largest sync message: one object of the 0.6 network alone may have 1 MiB. */
  syncFrameBytes: number
  /** Facts asked for, or sent, in one message. */
  syncBatch: number
  /** Checked facts that are handed to the store at once, where there are so many. */
  syncStoreBatch: number
  /** Facts of a log that are reconciled at once; of more, the asking side narrows its window. */
  syncWindowEntries: number
  /** Windows that a log may be cut into in one session. */
  syncWindows: number
  /** Messages of one reconciliation each way. */
  syncRounds: number
  /** Differences that one reconciliation looks for, before they are settled and the next begins. */
  syncDifferences: number
  /** Logs that may differ in a session; the next one sees to further ones. */
  syncLogs: number
  /** Logs that are seen to at the same time. */
  syncLanes: number
  /** Questions that a session may ask. */
  syncQuestions: number
  /** Facts remembered for an hour, of each peer, that it listed and did not give, or did not take. */
  syncNotGiven: number
  /** Signatures of a session's facts that may need the costly second check. */
  syncSecondSteps: number
  /** For a peer's next message, its sending included. */
  syncStepMs: number
  /** For a peer that is busy storing what it got to ask again. */
  syncIdleMs: number
  /** For a whole session; the next one goes on from what was stored. */
  syncSessionMs: number
  /** Received and sent in a session, each; what was begun is finished, within 16 MiB. */
  syncSessionBytes: number
  /** Sessions this node begins at the same time, in all. */
  syncSessions: number
  /** Sessions a peer may begin at the same time. */
  syncStreams: number
}

export const HOME_SYNC: SyncLimits = {
  syncFrameBytes: 2 * MIB,
  syncBatch: 512,
  syncStoreBatch: 512,
  syncWindowEntries: 1_000_000,
  syncWindows: 1024,
  syncRounds: 256,
  syncDifferences: 65_536,
  syncLogs: 20_000,
  syncLanes: 4,
  syncQuestions: 200_000,
  syncNotGiven: 16_384,
  syncSecondSteps: 64,
  syncStepMs: 30_000,
  syncIdleMs: 120_000,
  syncSessionMs: 600_000,
  syncSessionBytes: 512 * MIB,
  syncSessions: 4,
  syncStreams: 2,
}

/** A thousand peers: shorter sessions, each goes on where the last one ended. */
export const RELAY_SYNC: SyncLimits = {
  ...HOME_SYNC,
  syncQuestions: 50_000,
  syncSecondSteps: 16,
  syncSessionMs: 300_000,
  syncSessionBytes: 256 * MIB,
  syncSessions: 8,
}
