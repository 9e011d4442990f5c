/**
 * Signed updates of a running program: where releases come from, the versions side by side, which of them runs, and
 * supervised restarts with automatic return to the last good one.
 *
 * @packageDocumentation
 */
export type { ReleaseChannel } from "./channel/channel.ts"
export { CHANNEL_LIMITS, type ChannelLimits } from "./channel/limits.ts"
export { OFFICIAL_CHANNEL, OFFICIAL_ROOT } from "./channel/official.ts"
export { readRootOfTrust, type RootOfTrust } from "./channel/root-of-trust.ts"
export { createTufChannel, type TufChannelInit } from "./channel/tuf-channel.ts"
export type { OperatorErrorCode } from "./error-codes.ts"
export {
  type Instruction,
  instructionSchema,
  MAX_RELEASE_BYTES,
  type Release,
  releaseSchema,
  versionSchema,
} from "./release.ts"
export {
  type HistoryEntry,
  MAX_HISTORY,
  NO_VERSIONS,
  type VersionEvent,
  type VersionState,
  versionStateSchema,
} from "./versions/state.ts"
export { createVersions, type VersionsInit } from "./versions/create-versions.ts"
export type { ProgramPackage } from "./versions/package-folder.ts"
export type { UnpackLimits } from "./versions/unpack.ts"
export type { Trial, Versions } from "./versions/versions.ts"
