import * as dagCbor from "@ipld/dag-cbor"
import { bytesEqual } from "./bytes.ts"
import { asCid } from "./cid.ts"
import { excerpt, messageOf, type RecordErrorCode, SporeError } from "./errors.ts"

/** Nesting of maps, lists and tags beyond this is refused. */
export const MAX_DEPTH = 16

/**
 * Encodes a value as canonical DAG-CBOR: definite lengths, keys length-first, integral numbers as integers.
 *
 * @throws SporeError `bad_encoding` for what the data model does not hold
 */
export function encodeCanonical(value: unknown): Uint8Array {
  assertEncodable(value, 1)
  return dagCbor.encode(value)
}

/**
 * Decodes bytes that must be the one canonical encoding of their value.
 *
 * @throws SporeError `bad_encoding`
 */
export function decodeCanonical(bytes: Uint8Array): unknown {
  assertDepth(bytes)
  let value: unknown
  try {
    value = dagCbor.decode(bytes)
  } catch (error) {
    throw refuse(messageOf(error), error)
  }
  assertEncodable(value, 1)
  // Whatever the decoder is lenient about (key order, widths, malformed UTF-8) does not survive being written again.
  if (!bytesEqual(dagCbor.encode(value), bytes)) throw refuse("not the canonical encoding of its value")
  return value
}

function refuse(reason: string, cause?: unknown): SporeError<RecordErrorCode> {
  return new SporeError("bad_encoding", `not canonical DAG-CBOR: ${excerpt(reason)}`, { cause })
}

/** Everything that passes can be encoded, and decodes to itself. */
function assertEncodable(value: unknown, depth: number): void {
  if (value === null || typeof value === "boolean" || value instanceof Uint8Array) return
  if (typeof value === "string") assertText(value)
  else if (typeof value === "number") assertNumber(value)
  else if (typeof value === "bigint") throw refuse("integer beyond 2^53-1")
  else if (typeof value !== "object") throw refuse(`a value of type ${typeof value}`)
  else if (asCid(value) === null) {
    if (depth > MAX_DEPTH) throw refuse(`nested deeper than ${MAX_DEPTH}`)
    if (Array.isArray(value)) for (const item of value) assertEncodable(item, depth + 1)
    else assertMap(value, depth)
  }
}

function assertMap(value: object, depth: number): void {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw refuse("an object that is no plain map")
  for (const [key, item] of Object.entries(value)) {
    assertText(key)
    // "/" is how DAG-JSON marks links, and how codecs tell a link of another library from a map.
    if (key === "__proto__" || key === "/") throw refuse(`a map with the key ${key}`)
    assertEncodable(item, depth + 1)
  }
}

function assertText(text: string): void {
  if (!text.isWellFormed()) throw refuse("text with a lone surrogate")
  // Text decoders drop it, or not, as they please.
  if (text.startsWith("\uFEFF")) throw refuse("text that begins with a byte order mark")
}

function assertNumber(value: number): void {
  if (!Number.isFinite(value)) throw refuse(`the number ${value}`)
  if (Object.is(value, -0)) throw refuse("the number -0")
}

/** Walks the heads of all items without recursion, before a recursive decoder sees hostile nesting. */
function assertDepth(bytes: Uint8Array): void {
  const open: number[] = []
  let at = 0
  do {
    const head = bytes[at]
    if (head === undefined) throw refuse("ends early")
    const major = head >> 5
    const { size, argument } = readArgument(bytes, at)
    at += 1 + size
    if (major === 2 || major === 3) at += argument
    if (major === 4 || major === 5 || major === 6) {
      const children = major === 6 ? 1 : major === 5 ? argument * 2 : argument
      if (open.length >= MAX_DEPTH) throw refuse(`nested deeper than ${MAX_DEPTH}`)
      open.push(children + 1)
    }
    while (open.length > 0) {
      const left = (open.pop() ?? 1) - 1
      if (left > 0) {
        open.push(left)
        break
      }
    }
  } while (open.length > 0)
}

function readArgument(bytes: Uint8Array, at: number): { size: number; argument: number } {
  const info = (bytes[at] ?? 0) & 31
  if (info < 24) return { size: 0, argument: info }
  if (info > 27) throw refuse("indefinite length or reserved head")
  const size = 1 << (info - 24)
  let argument = 0
  for (let i = 1; i <= size; i++) argument = argument * 256 + (bytes[at + i] ?? 0)
  return { size, argument }
}
