/**
 * A Spore node assembled from its parts.
 *
 * @packageDocumentation
 */
export * from "./node.ts"
