/**
 * Static, read-only copies of what an API answers. `@spore/api/static-client` reads them.
 *
 * @packageDocumentation
 */
export type { CopyManifest } from "./format.ts"
export * from "./estimate.ts"
export * from "./page.ts"
export * from "./plan.ts"
export * from "./write.ts"
