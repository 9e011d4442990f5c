/**
 * A Spore node assembled from its parts.
 *
 * @packageDocumentation
 */
export * from "./create-node.ts"
export * from "./follow.ts"
export * from "./node.ts"
export * from "./paths.ts"
