/**
 * Signed, content-addressed research objects: schemas, canonical encoding, ids, keys. Normative text: docs/spec.
 *
 * @packageDocumentation
 */
export * from "./bytes.ts"
export * from "./cid.ts"
export * from "./encoding.ts"
export * from "./errors.ts"
export * from "./hardware-class.ts"
export * from "./keys.ts"
export * from "./lru.ts"
export * from "./numbers.ts"
export * from "./ports.ts"
export * from "./projection.ts"
export * from "./record.ts"
export * from "./schema/index.ts"
export * from "./seeds.ts"
export * from "./signature.ts"
export * from "./verdict.ts"
export * from "./verify-pool.ts"
