/**
 * Storage of facts and the graph derived from them.
 *
 * @packageDocumentation
 */
export * from "./store.ts"
