import * as dagCbor from "@ipld/dag-cbor"
import { bytesEqual } from "./bytes.ts"
import { messageOf, type RecordErrorCode, SporeError } from "./errors.ts"

/** Nesting of maps, lists and tags beyond this is refused. */
export const MAX_DEPTH = 16

/** Encodes a value as canonical DAG-CBOR: definite lengths, keys length-first, integral numbers as integers. */
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
  // Whatever the decoder is lenient about (key order, float width, lone surrogates, `__proto__`) does not survive
  // being written again.
  if (!bytesEqual(dagCbor.encode(value), bytes)) throw refuse("not the canonical encoding of its value")
  return value
}

function refuse(reason: string, cause?: unknown): SporeError<RecordErrorCode> {
  return new SporeError("bad_encoding", `not canonical DAG-CBOR: ${reason}`, { cause })
}

function assertEncodable(value: unknown, depth: number): void {
  if (typeof value === "bigint") throw refuse("integer beyond 2^53-1")
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) {
    throw refuse(`the number ${Object.is(value, -0) ? "-0" : value}`)
  }
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return
  if (depth > MAX_DEPTH) throw refuse(`nested deeper than ${MAX_DEPTH}`)
  if (Array.isArray(value)) {
    for (const item of value) assertEncodable(item, depth + 1)
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const [key, item] of Object.entries(value)) {
      if (key === "__proto__") throw refuse("a __proto__ key")
      assertEncodable(item, depth + 1)
    }
  }
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
