/** A language model's server that follows a script, for tests of whoever asks one. */
export * from "./behaviour.ts"
export { type ModelRequest, type ModelServer, type ModelServerInit, startModelServer } from "./server.ts"
