/**
 * Real nodes in processes of their own: to be joined, slowed, cut and killed.
 *
 * @packageDocumentation
 */
export * from "./fabric.ts"
export * from "./link.ts"
export * from "./network.ts"
export type { NodeConfig } from "./node-config.ts"
export * from "./remote.ts"
export * from "./scenario.ts"
export * from "./slow.ts"
