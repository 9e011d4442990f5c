/**
 * Storage of facts and the graph derived from them.
 *
 * @packageDocumentation
 */
export * from "./all-pages.ts"
export * from "./ambiguous-id.ts"
export * from "./create-store.ts"
export { DATABASE_LAYOUT } from "./database/migrate.ts"
export * from "./derive-beside.ts"
export * from "./open-reader.ts"
export type { PendingLimits } from "./ingest/pending.ts"
export * from "./spore-projection.ts"
export type { StoreOptions } from "./sql-store.ts"
export * from "./store.ts"
export * from "./verdicts.ts"
