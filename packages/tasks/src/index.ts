/**
 * Starter tasks that come with Spore, as fixed signed envelopes: every node of a release has the same task ids.
 *
 * @packageDocumentation
 */
export * from "./bundled.ts"
