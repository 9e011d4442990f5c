import { z } from "zod"
import { asCid, type CID, DAG_CBOR, DAG_PB, isLink, RAW } from "../cid.ts"

const utf8 = new TextEncoder()

/** Text of at most `maxBytes` bytes of UTF-8. */
export function text(maxBytes: number, minBytes = 0): z.ZodType<string> {
  return z.string().refine((value) => {
    // UTF-8 takes one to three bytes for each UTF-16 unit: most text is decided without being encoded.
    if (value.length > maxBytes) return false
    if (value.length >= minBytes && value.length * 3 <= maxBytes) return true
    const { length } = utf8.encode(value)
    return length >= minBytes && length <= maxBytes
  }, `expected ${minBytes} to ${maxBytes} bytes of UTF-8`)
}

function link(...codecs: number[]): z.ZodType<CID> {
  return z.custom<CID>((value) => {
    const cid = asCid(value)
    return cid !== null && isLink(cid, codecs)
  }, "expected a link (CIDv1, sha2-256) of the codec this field names")
}

function bytes(length: number): z.ZodType<Uint8Array> {
  return z.custom<Uint8Array>(
    (value) => value instanceof Uint8Array && value.length === length,
    `expected ${length} bytes`,
  )
}

/** Link to a signed object. */
export const recordLink: z.ZodType<CID> = link(DAG_CBOR)
/** Link to a file or folder: one raw block, or UnixFS. */
export const artifactLink: z.ZodType<CID> = link(RAW, DAG_PB)
export const authorKey: z.ZodType<Uint8Array> = bytes(32)
export const digest: z.ZodType<Uint8Array> = bytes(32)
/** A whole number from 0 to 2^53−1; as a time, Unix seconds. */
export const uint: z.ZodType<number> = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
/** A 31-bit seed. */
export const seed: z.ZodType<number> = z.number().int().min(0).max(0x7fffffff)
export const finite: z.ZodType<number> = z.number()
export const nonNegative: z.ZodType<number> = z.number().min(0)
/** A short lower-case identifier, such as a task type. */
export const slug: z.ZodType<string> = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/)

/** A map with at most `max` entries and keys of 1 to 64 bytes. */
export function boundedMap<V>(value: z.ZodType<V>, max: number): z.ZodType<Record<string, V>> {
  return z.record(text(64, 1), value).refine((map) => Object.keys(map).length <= max, `expected at most ${max} entries`)
}

/** The fields that every object begins with. */
export function common<Kind extends string>(
  kind: Kind,
): {
  kind: z.ZodLiteral<Kind>
  v: z.ZodLiteral<1>
  author: z.ZodType<Uint8Array>
  created: z.ZodType<number>
} {
  return { kind: z.literal(kind), v: z.literal(1), author: authorKey, created: uint }
}
