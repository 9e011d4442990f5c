/**
 * Storage of facts and the graph derived from them.
 *
 * @packageDocumentation
 */
export * from "./create-store.ts"
export * from "./derive/task.ts"
export * from "./sql/ingest.ts"
export * from "./store.ts"
export * from "./validity.ts"
export * from "./verdicts.ts"
