/**
 * Helpers for the tests of every package: keys, signed records, clocks, polling, folders, random graphs of facts.
 *
 * @packageDocumentation
 */
export * from "./bundle-script.ts"
export * from "./clock.ts"
export * from "./control-records.ts"
export * from "./folder.ts"
export * from "./free-port.ts"
export * from "./identity.ts"
export * from "./invalid-facts.ts"
export * from "./measured-facts.ts"
export * from "./model-server/index.ts"
export * from "./postgres.ts"
export * from "./random-facts.ts"
export * from "./random.ts"
export * from "./records.ts"
export * from "./reference-derivation.ts"
export * from "./reference-rows.ts"
export * from "./tcp-server.ts"
export * from "./until.ts"
