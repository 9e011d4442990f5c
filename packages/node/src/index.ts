/**
 * A Spore node assembled from its parts.
 *
 * @packageDocumentation
 */
export { HOME_ARTIFACT_QUOTA, RELAY_ARTIFACT_QUOTA } from "./artifact-quota.ts"
export { type ControlledNode, notSupervised, serveControl } from "./control/server.ts"
export * from "./create-node.ts"
export * from "./follow.ts"
export type { LegacySettings } from "./legacy-bridge.ts"
export { type LegacyResult, publishLegacyExperiment } from "./legacy-publish.ts"
export * from "./node.ts"
export * from "./paths.ts"
export type { TrialErrorCode } from "./trials/candidate.ts"
export type { VerifyErrorCode } from "./verification/subject.ts"
export type { VerifySettings } from "./verify-settings.ts"
