/**
 * The typed client over the files of a static copy, for browsers and Node.
 *
 * @packageDocumentation
 */
export type { CopyManifest } from "../../copy/format.ts"
export * from "./client.ts"
