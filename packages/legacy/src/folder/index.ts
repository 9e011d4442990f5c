export { isLegacyFolder, type LegacyFolder, readLegacyFolder, type ReadLegacyFolderInit } from "./read-folder.ts"
export type { LegacyArtifact, LegacyConfig, LegacyOutcome, LegacyRefusal } from "./types.ts"
