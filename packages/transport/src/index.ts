/**
 * The libp2p node: gossip and reconciliation of facts, exchange of artifacts. Facts and blocks enter by ports
 * (`FactSource`, `ArtifactStore`); what a peer may cost is in `TransportLimits`.
 *
 * @packageDocumentation
 */
export * from "./artifacts/fs-store.ts"
export * from "./create-transport.ts"
export type { TransportErrorCode } from "./errors.ts"
export * from "./limits.ts"
export * from "./transport.ts"
