/**
 * Files and folders by content id: UnixFS with 1 MiB raw leaves, as any IPFS tool reads it.
 *
 * @packageDocumentation
 */
export { type ArtifactLimits, DEFAULT_LIMITS } from "./limits.ts"
export * from "./read.ts"
export * from "./store.ts"
export * from "./write.ts"
