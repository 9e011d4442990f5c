/**
 * The objects of the sporemesh 0.6 network: read and written byte for byte, checked by its own rules, and their place
 * in the graph. Normative text: docs/spec/09-legacy-objects.md.
 *
 * @packageDocumentation
 */
export type { LegacyErrorCode } from "./errors.ts"
export { DEFAULT_TOLERANCE, gpuClass, gpuTolerance } from "./gpu.ts"
export { isLegacyId, JSON_CODEC, legacyCodeLink, legacyLink } from "./links.ts"
export { assignTasks, legacyFrontier, type LineageRecord, type RankedRecord, tasksByActivity } from "./lineage.ts"
export * from "./folder/index.ts"
export * from "./objects/index.ts"
export { legacyProjection } from "./projection/projection.ts"
export { legacyTaskName, SCORE_BOUNDS } from "./projection/task-info.ts"
export * from "./python-json/index.ts"
export { verifyLegacySignature, verifyLegacySignatureAsync } from "./signature/verify.ts"
export * from "./wire/index.ts"
