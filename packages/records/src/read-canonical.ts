import { CID } from "multiformats/cid"
import * as Digest from "multiformats/hashes/digest"
import { bytesEqual, plainBytes } from "./bytes.ts"
import { excerpt, messageOf, type RecordErrorCode, SporeError } from "./errors.ts"

/** Nesting of maps, lists and tags beyond this is refused. */
export const MAX_DEPTH = 16

const UNSIGNED = 0
const NEGATIVE = 1
const BYTES = 2
const TEXT = 3
const LIST = 4
const MAP = 5
const TAG = 6

const FALSE = 0xf4
const TRUE = 0xf5
const NULL = 0xf6
const FLOAT_64 = 0xfb
const LINK_TAG = 42

const SHA2_256 = 0x12
/** A link as Spore uses them: version, codec, hash, length, digest. Other CIDs are left to the library. */
const LINK_LENGTH = 4 + 32

/** Longer text goes to the text decoder at once; shorter text is ASCII most of the time, and cheaper by hand. */
const SHORT_TEXT = 32
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/**
 * Decodes bytes that must be the one canonical encoding of their value. Byte strings and links in it are copies: a
 * value does not keep `bytes` in memory.
 *
 * @throws SporeError `bad_encoding`
 */
export function decodeCanonical(bytes: Uint8Array): unknown {
  return new CanonicalReader(bytes).readToEnd()
}

/** One pass: each rule of docs/spec/01-encoding.md is checked where the bytes are read, nesting before it is entered. */
class CanonicalReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = plainBytes(bytes)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  readToEnd(): unknown {
    const value = this.#value(1)
    if (this.#at !== this.#bytes.length) throw notCanonical("bytes after the value")
    return value
  }

  #value(depth: number): unknown {
    const head = this.#byte()
    const major = head >> 5
    switch (major) {
      case UNSIGNED:
        return this.#argument(head)
      case NEGATIVE:
        return this.#negative(head)
      case BYTES:
        return this.#take(this.#argument(head)).slice()
      case TEXT:
        return this.#text(this.#argument(head))
      default:
    }
    if (major === LIST || major === MAP || major === TAG) {
      if (depth > MAX_DEPTH) throw notCanonical(`nested deeper than ${MAX_DEPTH}`)
      if (major === LIST) return this.#list(this.#argument(head), depth)
      if (major === MAP) return this.#map(this.#argument(head), depth)
      return this.#link(this.#argument(head))
    }
    if (head === FLOAT_64) return this.#float()
    if (head === NULL) return null
    if (head === FALSE) return false
    if (head === TRUE) return true
    throw notCanonical("a float that is not 64 bits wide, or a simple value but false, true and null")
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw notCanonical("ends early")
    return byte
  }

  /** The number in a head: a value, a length, a count or a tag. At most 2^53-1, in its shortest form. */
  #argument(head: number): number {
    const info = head & 31
    if (info < 24) return info
    const at = this.#at
    if (info > 27) throw notCanonical("indefinite length or reserved head")
    this.#at += 1 << (info - 24)
    if (this.#at > this.#bytes.length) throw notCanonical("ends early")
    let argument: number
    let least: number
    if (info === 24) [argument, least] = [this.#view.getUint8(at), 24]
    else if (info === 25) [argument, least] = [this.#view.getUint16(at), 0x100]
    else if (info === 26) [argument, least] = [this.#view.getUint32(at), 0x1_0000]
    else [argument, least] = [this.#view.getUint32(at) * 2 ** 32 + this.#view.getUint32(at + 4), 2 ** 32]
    if (argument < least) throw notCanonical("a head that is not the shortest")
    if (argument > Number.MAX_SAFE_INTEGER) throw notCanonical("integer beyond 2^53-1")
    return argument
  }

  #negative(head: number): number {
    const value = -1 - this.#argument(head)
    if (value < Number.MIN_SAFE_INTEGER) throw notCanonical("integer beyond -(2^53-1)")
    return value
  }

  #float(): number {
    const at = this.#at
    this.#at += 8
    if (this.#at > this.#bytes.length) throw notCanonical("ends early")
    const value = this.#view.getFloat64(at)
    // −0 is a safe integer too.
    if (Number.isSafeInteger(value)) throw notCanonical("an integral number as a float")
    if (!Number.isFinite(value)) throw notCanonical(`the number ${value}`)
    return value
  }

  /** The next bytes, not copied. */
  #take(length: number): Uint8Array {
    const at = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) throw notCanonical("ends early")
    return this.#bytes.subarray(at, this.#at)
  }

  #text(length: number): string {
    if (length <= SHORT_TEXT) {
      const ascii = this.#ascii(length)
      if (ascii !== null) return ascii
    }
    let text: string
    try {
      text = utf8.decode(this.#take(length))
    } catch (error) {
      throw error instanceof SporeError ? error : notCanonical("text that is not well-formed UTF-8", error)
    }
    // Text decoders drop it, or not, as they please.
    if (text.startsWith("\uFEFF")) throw notCanonical("text that begins with a byte order mark")
    return text
  }

  /** The next text if it is ASCII; null, and nothing read, if not. */
  #ascii(length: number): string | null {
    const end = this.#at + length
    if (end > this.#bytes.length) throw notCanonical("ends early")
    let text = ""
    for (let at = this.#at; at < end; at++) {
      const byte = this.#bytes[at] ?? 0
      if (byte > 0x7f) return null
      text += String.fromCharCode(byte)
    }
    this.#at = end
    return text
  }

  #list(count: number, depth: number): unknown[] {
    const items: unknown[] = []
    for (let i = 0; i < count; i++) items.push(this.#value(depth + 1))
    return items
  }

  #map(count: number, depth: number): Record<string, unknown> {
    const map: Record<string, unknown> = {}
    let lastStart = 0
    let lastEnd = -1
    for (let i = 0; i < count; i++) {
      const head = this.#byte()
      if (head >> 5 !== TEXT) throw notCanonical("a key that is no text")
      const length = this.#argument(head)
      const start = this.#at
      const key = this.#text(length)
      if (lastEnd >= 0 && !this.#ascends(lastStart, lastEnd, start, this.#at)) {
        throw notCanonical("keys out of order, or one key twice")
      }
      // "/" is how DAG-JSON marks links, and how codecs tell a link of another library from a map.
      if (key === "__proto__" || key === "/") throw notCanonical(`a map with the key ${key}`)
      lastStart = start
      lastEnd = this.#at
      map[key] = this.#value(depth + 1)
    }
    return map
  }

  /** Whether the key of the second range comes after that of the first: longer, or as long and greater bytewise. */
  #ascends(aStart: number, aEnd: number, bStart: number, bEnd: number): boolean {
    const length = aEnd - aStart
    if (bEnd - bStart !== length) return bEnd - bStart > length
    for (let i = 0; i < length; i++) {
      const difference = (this.#bytes[bStart + i] ?? 0) - (this.#bytes[aStart + i] ?? 0)
      if (difference !== 0) return difference > 0
    }
    return false
  }

  #link(tag: number): CID {
    if (tag !== LINK_TAG) throw notCanonical("a tag that is no link")
    const head = this.#byte()
    if (head >> 5 !== BYTES) throw notCanonical("a link that is not made of bytes")
    const bytes = this.#take(this.#argument(head))
    if (bytes[0] !== 0) throw notCanonical("a link without its zero byte")
    const cid = bytes.slice(1)
    const [version, codec = 0xff, hash, size] = cid
    if (cid.length === LINK_LENGTH && version === 1 && codec < 0x80 && hash === SHA2_256 && size === 32) {
      return new CID(1, codec, new Digest.Digest(SHA2_256, 32, cid.subarray(4), cid.subarray(2)), cid)
    }
    return otherCid(cid)
  }
}

/** A CID of any form. The library refuses padded numbers, but rounds those beyond 2^53. */
function otherCid(bytes: Uint8Array): CID {
  let cid: CID
  try {
    cid = CID.decode(bytes)
  } catch (error) {
    throw notCanonical(messageOf(error), error)
  }
  if (!bytesEqual(cid.bytes, bytes)) throw notCanonical("a link with a number beyond 2^53-1")
  return cid
}

/** The error of every rule of the encoding. */
export function notCanonical(reason: string, cause?: unknown): SporeError<RecordErrorCode> {
  return new SporeError("bad_encoding", `not canonical DAG-CBOR: ${excerpt(reason)}`, { cause })
}
