/**
 * Typed client of a node's HTTP API, for browsers and Node, without any server code.
 *
 * @packageDocumentation
 */
export * from "../dto/index.ts"
export * from "../number-words.ts"
export * from "../research-words.ts"
export * from "../running-best.ts"
export * from "../short-id.ts"
export * from "../update-words.ts"
export * from "../verdict-words.ts"
export * from "./client.ts"
export * from "./error.ts"
export type { EventsRequest } from "./events.ts"
