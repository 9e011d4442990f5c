import * as dagCbor from "@ipld/dag-cbor"
import { asCid, bytesEqual, type CID, encodeCanonical } from "../src/index.ts"

/**
 * What canonical means, by way of a DAG-CBOR library: what it decodes to a value of the data model that encodes to the
 * same bytes. Whatever the library is lenient about does not survive being written again. Null where it is not.
 */
export function decodeByLibrary(bytes: Uint8Array): { value: unknown } | null {
  try {
    const value: unknown = dagCbor.decode(bytes)
    return bytesEqual(encodeCanonical(value), bytes) ? { value } : null
  } catch {
    return null
  }
}

/** Says yes about once in so many times. */
export type OneIn = (times: number) => boolean

/** CBOR of a value by somebody who gets a detail wrong now and then: some come out canonical, some nearly so. */
export function encodeSloppily(value: unknown, oneIn: OneIn): number[] {
  if (value === null) return [oneIn(20) ? 0xf7 : 0xf6]
  if (typeof value === "boolean") return oneIn(30) ? [0xf8, value ? 21 : 20] : [value ? 0xf5 : 0xf4]
  if (typeof value === "number") return sloppyNumber(value, oneIn)
  if (typeof value === "string") return sloppyString(3, Buffer.from(value), oneIn)
  if (value instanceof Uint8Array) return sloppyString(2, value, oneIn)
  const cid = asCid(value)
  if (cid !== null) return sloppyLink(cid, oneIn)
  if (Array.isArray(value)) {
    const items = value.flatMap((item) => encodeSloppily(item, oneIn))
    return oneIn(30) ? [0x9f, ...items, 0xff] : [...sloppyHead(4, value.length + (oneIn(60) ? 1 : 0), oneIn), ...items]
  }
  return sloppyMap(Object.entries(value ?? {}), oneIn)
}

function sloppyMap(sorted: [string, unknown][], oneIn: OneIn): number[] {
  const entries = sorted
    .map(([key, value]) => ({ key: Buffer.from(key), value }))
    .toSorted((a, b) => a.key.length - b.key.length || Buffer.compare(a.key, b.key))
  const [first] = entries
  if (first !== undefined && oneIn(12)) entries.push(first)
  if (oneIn(12)) entries.reverse()
  if (oneIn(12)) entries.sort((a, b) => Buffer.compare(a.key, b.key))
  const items = entries.flatMap(({ key, value }) => [...sloppyString(3, key, oneIn), ...encodeSloppily(value, oneIn)])
  return oneIn(30) ? [0xbf, ...items, 0xff] : [...sloppyHead(5, entries.length, oneIn), ...items]
}

function sloppyNumber(value: number, oneIn: OneIn): number[] {
  if (Number.isSafeInteger(value) && !oneIn(12)) {
    return value < 0 ? sloppyHead(1, -1 - value, oneIn) : sloppyHead(0, value, oneIn)
  }
  const view = new DataView(new ArrayBuffer(9))
  if (oneIn(12)) {
    view.setUint8(0, 0xfa)
    view.setFloat32(1, value)
    return [...new Uint8Array(view.buffer, 0, 5)]
  }
  view.setUint8(0, 0xfb)
  view.setFloat64(1, value)
  return [...new Uint8Array(view.buffer)]
}

function sloppyString(major: number, bytes: Uint8Array, oneIn: OneIn): number[] {
  if (oneIn(60)) return [(major << 5) | 31, ...sloppyString(major, bytes, oneIn), 0xff]
  return [...sloppyHead(major, bytes.length, oneIn), ...bytes]
}

function sloppyLink(cid: CID, oneIn: OneIn): number[] {
  const bytes = [...cid.bytes]
  // The multihash alone is a CIDv0; a number with its high bit set and a zero after it is padded.
  if (oneIn(10)) bytes.splice(0, 2)
  const at = [0, 1, 2, 3].find(() => oneIn(12))
  if (at !== undefined) bytes.splice(at, 1, (bytes[at] ?? 0) | 0x80, 0)
  if (oneIn(30)) bytes.pop()
  return [...sloppyHead(6, 42, oneIn), ...sloppyString(2, Uint8Array.from(oneIn(20) ? bytes : [0, ...bytes]), oneIn)]
}

function sloppyHead(major: number, argument: number, oneIn: OneIn): number[] {
  const sizes = [argument < 24, argument < 2 ** 8, argument < 2 ** 16, argument < 2 ** 32, true]
  const shortest = sizes.indexOf(true)
  const size = shortest < 4 && oneIn(40) ? shortest + 1 : shortest
  if (size === 0) return [(major << 5) | argument]
  const width = 1 << (size - 1)
  const digits = Array.from({ length: width }, (_, i) => Math.floor(argument / 2 ** (8 * (width - 1 - i))) % 256)
  return [(major << 5) | (23 + size), ...digits]
}
