/**
 * Files and folders by content id: UnixFS with 1 MiB raw leaves, as any IPFS tool reads it.
 *
 * @packageDocumentation
 */
export * from "./held.ts"
export { type ArtifactLimits, DEFAULT_LIMITS, LARGE_LIMITS, maxBlocks } from "./limits.ts"
export * from "./links.ts"
export { type BlockLink, linksOf } from "./node.ts"
export * from "./read.ts"
export * from "./store.ts"
export * from "./write.ts"
