/**
 * HTTP API, live events and the explorer's pages of a Spore node. The typed client is at `@spore/api/client`.
 *
 * @packageDocumentation
 */
export * from "./api.ts"
export type { ApiNode, ServedStatus } from "./context.ts"
export type { ApiErrorCode } from "./errors.ts"
export * from "./serve.ts"
