import * as dagCbor from "@ipld/dag-cbor"
import { plainBytes } from "./bytes.ts"
import { asCid } from "./cid.ts"
import { MAX_DEPTH, notCanonical } from "./read-canonical.ts"

export { decodeCanonical, MAX_DEPTH } from "./read-canonical.ts"

/**
 * Encodes a value as canonical DAG-CBOR: definite lengths, keys length-first, integral numbers as integers.
 *
 * @throws SporeError `bad_encoding` for what the data model does not hold
 */
export function encodeCanonical(value: unknown): Uint8Array {
  assertEncodable(value, 1)
  return plainBytes(dagCbor.encode(value))
}

/** Everything that passes can be encoded, and decodes to itself. */
function assertEncodable(value: unknown, depth: number): void {
  if (value === null || typeof value === "boolean" || value instanceof Uint8Array) return
  if (typeof value === "string") assertText(value)
  else if (typeof value === "number") assertNumber(value)
  else if (typeof value === "bigint") throw notCanonical("integer beyond 2^53-1")
  else if (typeof value !== "object") throw notCanonical(`a value of type ${typeof value}`)
  else {
    if (depth > MAX_DEPTH) throw notCanonical(`nested deeper than ${MAX_DEPTH}`)
    if (asCid(value) !== null) return
    if (Array.isArray(value)) for (const item of value) assertEncodable(item, depth + 1)
    else assertMap(value, depth)
  }
}

function assertMap(value: object, depth: number): void {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw notCanonical("an object that is no plain map")
  for (const [key, item] of Object.entries(value)) {
    assertText(key)
    // "/" is how DAG-JSON marks links, and how codecs tell a link of another library from a map.
    if (key === "__proto__" || key === "/") throw notCanonical(`a map with the key ${key}`)
    assertEncodable(item, depth + 1)
  }
}

function assertText(text: string): void {
  if (!text.isWellFormed()) throw notCanonical("text with a lone surrogate")
  // Text decoders drop it, or not, as they please.
  if (text.startsWith("\uFEFF")) throw notCanonical("text that begins with a byte order mark")
}

function assertNumber(value: number): void {
  if (!Number.isFinite(value)) throw notCanonical(`the number ${value}`)
  if (Object.is(value, -0)) throw notCanonical("the number -0")
}
