import { compareEntries, DIGEST_BYTES, digestOf, INFINITY, packEntry, timeOf } from "./entry.ts"
import { negentropyError } from "./errors.ts"
import { FINGERPRINT_BYTES } from "./item-set.ts"
import { varint } from "./varint.ts"

export const VERSION = 0x61
const VERSIONS = { first: 0x60, last: 0x6f }
const SKIP = 0
const FINGERPRINT = 1
const IDS = 2
const VARINT_BYTES = 10

/** The end of a range: above all items before it in order, not above `key`; of the key's digest, `length` bytes count. */
export interface Bound {
  /** An entry whose digest is zero behind those bytes. */
  readonly key: Uint8Array
  readonly length: number
}

export const TOP: Bound = { key: packEntry(INFINITY, new Uint8Array(DIGEST_BYTES)), length: 0 }

/** What a message says of the items from the range before up to a bound. */
export type Range = { readonly bound: Bound } & (
  | { readonly mode: "skip" }
  | { readonly mode: "fingerprint"; readonly fingerprint: Uint8Array }
  | { readonly mode: "ids"; readonly ids: readonly Uint8Array[] }
)

/** The shortest bound between two entries that follow each other. */
export function boundBetween(before: Uint8Array, entry: Uint8Array): Bound {
  const time = timeOf(entry)
  let length = 0
  if (timeOf(before) === time) {
    const [a, b] = [digestOf(before), digestOf(entry)]
    while (a[length] === b[length]) length++
    length++
  }
  const digest = new Uint8Array(DIGEST_BYTES)
  digest.set(digestOf(entry).subarray(0, length))
  return { key: packEntry(time, digest), length }
}

/** Reads the version of a message. @throws SporeError `bad_message` */
export function versionOf(message: Uint8Array): number {
  const [version = 0] = message
  if (version < VERSIONS.first || version > VERSIONS.last) {
    throw negentropyError("bad_message", "a message begins with the version of the protocol")
  }
  return version
}

/**
 * The ranges of a message, one after the other, in ascending order.
 *
 * @throws SporeError `bad_message`, `over_limit`
 */
export function* readRanges(message: Uint8Array, maxRanges: number): Generator<Range> {
  let at = 1
  let lastTime = 0n
  let last: Bound | undefined
  for (let count = 1; at < message.length; count++) {
    if (count > maxRanges) throw negentropyError("over_limit", `a message of more than ${maxRanges} ranges`)
    const bound = readBound()
    if (last !== undefined && compareEntries(bound.key, last.key) < 0) throw bad("ranges out of order")
    last = bound
    yield readRange(bound)
  }

  function readRange(bound: Bound): Range {
    const mode = readNumber(IDS)
    if (mode === SKIP) return { bound, mode: "skip" }
    if (mode === FINGERPRINT) return { bound, mode: "fingerprint", fingerprint: take(FINGERPRINT_BYTES) }
    const count = readNumber(Math.floor((message.length - at) / DIGEST_BYTES))
    return { bound, mode: "ids", ids: Array.from({ length: count }, () => take(DIGEST_BYTES)) }
  }

  function readBound(): Bound {
    const code = readVarint()
    const time = code === 0n || lastTime === INFINITY ? INFINITY : lastTime + code - 1n
    if (time > INFINITY) throw bad("a time beyond 64 bits")
    lastTime = time
    const length = readNumber(DIGEST_BYTES)
    const digest = new Uint8Array(DIGEST_BYTES)
    digest.set(take(length))
    return { key: packEntry(time, digest), length }
  }

  function readNumber(max: number): number {
    const value = readVarint()
    if (value > BigInt(max)) throw bad(`the number ${value} where at most ${max} fits`)
    return Number(value)
  }

  function readVarint(): bigint {
    let value = 0n
    for (let digits = 1; ; digits++) {
      const [digit = 0] = take(1)
      value = (value << 7n) | BigInt(digit & 0x7f)
      if (digits > VARINT_BYTES || value > INFINITY) throw bad("a number beyond 64 bits")
      if (digit < 0x80) return value
    }
  }

  function take(size: number): Uint8Array {
    if (at + size > message.length) throw bad("the message ends within a range")
    return message.subarray(at, (at += size))
  }
}

/** Writes the ranges of a message in ascending order. */
export interface MessageWriter {
  readonly length: number
  skip(bound: Bound): void
  fingerprint(bound: Bound, fingerprint: Uint8Array): void
  ids(bound: Bound, entries: readonly Uint8Array[]): void
  bytes(): Uint8Array
}

/** The most that one range takes beside its ids. */
export const RANGE_BYTES: number = VARINT_BYTES + 1 + DIGEST_BYTES + 1 + FINGERPRINT_BYTES

export function writeMessage(): MessageWriter {
  const parts: Uint8Array[] = []
  let length = 0
  let lastTime = 0n
  add(Uint8Array.of(VERSION))

  function add(bytes: Uint8Array): void {
    parts.push(bytes)
    length += bytes.length
  }

  function begin({ key, length: prefix }: Bound, mode: number): void {
    const time = timeOf(key)
    add(varint(time === INFINITY ? 0n : time - lastTime + 1n))
    lastTime = time
    add(Uint8Array.of(prefix, ...digestOf(key).subarray(0, prefix), mode))
  }

  return {
    get length() {
      return length
    },
    skip: (bound) => begin(bound, SKIP),
    fingerprint: (bound, fingerprint) => {
      begin(bound, FINGERPRINT)
      add(fingerprint)
    },
    ids: (bound, entries) => {
      begin(bound, IDS)
      add(varint(entries.length))
      for (const entry of entries) add(digestOf(entry))
    },
    bytes: () => new Uint8Array(Buffer.concat(parts)),
  }
}

function bad(message: string): Error {
  return negentropyError("bad_message", message)
}
