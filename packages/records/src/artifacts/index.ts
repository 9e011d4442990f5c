/**
 * Files and folders by content id: UnixFS with 1 MiB raw leaves, as any IPFS tool reads it.
 *
 * @packageDocumentation
 */
export * from "./store.ts"
export * from "./unixfs.ts"
