/** What a channel may cost at most. Times are of this machine's running, in milliseconds. */
export interface ChannelLimits {
  /** Until an answer begins. */
  readonly answerMs: number
  /** In each such span of an answer at least `paceBytes` come. */
  readonly paceMs: number
  readonly paceBytes: number
  /** All of a look for the newest release, waiting for another process that looks included. */
  readonly lookMs: number
  /** All of the download of an archive. */
  readonly downloadMs: number
  /** New roots in one look; what is left waits for the next. */
  readonly rotations: number
  readonly rootBytes: number
  readonly timestampBytes: number
  readonly snapshotBytes: number
  readonly targetsBytes: number
  readonly archiveBytes: number
}

export const CHANNEL_LIMITS: ChannelLimits = {
  answerMs: 30_000,
  paceMs: 30_000,
  paceBytes: 32 * 1024,
  lookMs: 120_000,
  downloadMs: 60 * 60_000,
  rotations: 64,
  rootBytes: 128 * 1024,
  timestampBytes: 16 * 1024,
  snapshotBytes: 64 * 1024,
  targetsBytes: 4 * 1024 * 1024,
  archiveBytes: 256 * 1024 * 1024,
}
