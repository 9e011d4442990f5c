import { hash } from "node:crypto"
import { compareEntries, compareEntryAt, digestOf, ENTRY_BYTES } from "./entry.ts"
import { addDigest, addSum, subtractSum, type Sum, sumBytes, zeroSum } from "./sum.ts"
import { varint } from "./varint.ts"

/** Entries in a full chunk: a fingerprint adds up at most so many digests at each end of its range. */
const CHUNK = 64
const FIRST_CAPACITY = 4
export const FINGERPRINT_BYTES = 16

/** A sorted set of entries that gives the fingerprint of any range at a cost that does not grow with the range. */
export interface ItemSet {
  readonly size: number
  /** @returns whether it was not there before */
  insert(entry: Uint8Array): boolean
  has(entry: Uint8Array): boolean
  /** How many entries are ordered before this one. */
  indexOf(entry: Uint8Array): number
  /** The entry at an index below `size`, sharing the set's memory: to be read before the next insert. */
  at(index: number): Uint8Array
  /** Copies of the entries from one index up to, but not including, another. */
  slice(from: number, to: number): Uint8Array[]
  /** 16 bytes over the number of entries in the range and the sum of their digests. */
  fingerprint(from?: number, to?: number): Uint8Array
}

interface Chunk {
  /** Room for more than it holds. */
  bytes: Uint8Array
  count: number
  readonly sum: Sum
}

/** A set of these entries, in any order and possibly repeated. */
export function createItemSet(entries: readonly Uint8Array[] = []): ItemSet {
  const chunks: Chunk[] = []
  /** Entries, and their sum, before each chunk; up to date below `summed`. */
  const counts: number[] = []
  const sums: Sum[] = []
  let summed = 0
  let size = 0
  let whole: Uint8Array | undefined

  for (const entry of entries.toSorted(compareEntries)) insert(entry)

  function insert(entry: Uint8Array): boolean {
    const number = Math.max(0, chunkOf(entry))
    let chunk = chunks[number]
    const at = chunk === undefined ? 0 : placeIn(chunk, entry)
    if (chunk !== undefined && at < chunk.count && compareEntryAt(chunk.bytes, at * ENTRY_BYTES, entry) === 0)
      return false
    summed = Math.min(summed, number + 1)
    size++
    whole = undefined
    if (chunk === undefined || (chunk.count === CHUNK && at === CHUNK && number === chunks.length - 1)) {
      // Most entries come in their order: a full chunk stays full.
      chunk = { bytes: new Uint8Array(FIRST_CAPACITY * ENTRY_BYTES), count: 0, sum: zeroSum() }
      chunks.push(chunk)
      put(chunk, 0, entry)
    } else if (chunk.count === CHUNK) {
      const upper = split(chunk)
      chunks.splice(number + 1, 0, upper)
      if (at <= chunk.count) put(chunk, at, entry)
      else put(upper, at - chunk.count, entry)
    } else put(chunk, at, entry)
    return true
  }

  /** The last chunk that begins at or before an entry; −1 for none. */
  function chunkOf(entry: Uint8Array): number {
    const newest = chunks.at(-1)
    if (newest !== undefined && compareEntryAt(newest.bytes, 0, entry) <= 0) return chunks.length - 1
    return (
      lowest(chunks.length, (i) => {
        const chunk = chunks[i]
        return chunk !== undefined && compareEntryAt(chunk.bytes, 0, entry) > 0
      }) - 1
    )
  }

  /** Brings the counts and sums before each chunk up to date, from the first one that changed. */
  function sumUp(): void {
    for (; summed < chunks.length; summed++) {
      const before = chunks[summed - 1]
      const sum = sums[summed - 1]?.slice() ?? zeroSum()
      if (before !== undefined) addSum(sum, before.sum)
      sums[summed] = sum
      counts[summed] = (counts[summed - 1] ?? 0) + (before?.count ?? 0)
    }
  }

  /** The chunk of an index, and where in it: behind the last entry where the index is the size. */
  function locate(index: number): [number, number] {
    sumUp()
    const number = Math.max(0, lowest(chunks.length, (i) => (counts[i] ?? 0) > index) - 1)
    return [number, index - (counts[number] ?? 0)]
  }

  /** The sum of all digests before an index. */
  function sumBefore(index: number): Sum {
    const [number, within] = locate(index)
    const sum = sums[number]?.slice() ?? zeroSum()
    const chunk = chunks[number]
    if (chunk === undefined) return sum
    if (within === chunk.count) addSum(sum, chunk.sum)
    else for (let i = 0; i < within; i++) addDigest(sum, chunk.bytes, (i + 1) * ENTRY_BYTES - 32)
    return sum
  }

  function indexOf(entry: Uint8Array): number {
    const number = chunkOf(entry)
    const chunk = chunks[number]
    if (chunk === undefined) return 0
    sumUp()
    return (counts[number] ?? 0) + placeIn(chunk, entry)
  }

  function entryAt(index: number): Uint8Array {
    const [number, within] = locate(index)
    const chunk = chunks[number]
    if (chunk === undefined || within >= chunk.count) throw new RangeError(`no entry at ${index} of ${size}`)
    return entryOf(chunk, within)
  }

  return {
    get size() {
      return size
    },
    insert,
    has: (entry) => {
      const index = indexOf(entry)
      return index < size && compareEntries(entryAt(index), entry) === 0
    },
    indexOf,
    at: entryAt,
    slice: (from, to) => {
      const copies: Uint8Array[] = []
      let [number, within] = locate(from)
      for (let left = Math.min(to, size) - from; left > 0; left--) {
        while (within === (chunks[number]?.count ?? Infinity)) {
          number++
          within = 0
        }
        const chunk = chunks[number]
        if (chunk === undefined) break
        copies.push(entryOf(chunk, within++).slice())
      }
      return copies
    },
    fingerprint: (from = 0, to = size) => {
      const isWhole = from === 0 && to === size
      if (isWhole && whole !== undefined) return whole
      const sum = sumBefore(to)
      subtractSum(sum, sumBefore(from))
      const fingerprint = fingerprintOf(sum, to - from)
      if (isWhole) whole = fingerprint
      return fingerprint
    },
  }
}

function fingerprintOf(sum: Sum, count: number): Uint8Array {
  const digest = hash("sha256", Buffer.concat([sumBytes(sum), varint(count)]), "buffer")
  return new Uint8Array(digest.subarray(0, FINGERPRINT_BYTES))
}

function entryOf({ bytes }: Chunk, index: number): Uint8Array {
  return bytes.subarray(index * ENTRY_BYTES, (index + 1) * ENTRY_BYTES)
}

/** How many entries of a chunk are ordered before this one. */
function placeIn(chunk: Chunk, entry: Uint8Array): number {
  const { bytes, count } = chunk
  // Most entries come in their order.
  if (compareEntryAt(bytes, (count - 1) * ENTRY_BYTES, entry) < 0) return count
  return lowest(count, (i) => compareEntryAt(bytes, i * ENTRY_BYTES, entry) >= 0)
}

function put(chunk: Chunk, at: number, entry: Uint8Array): void {
  const { bytes, count, sum } = chunk
  if (bytes.length === count * ENTRY_BYTES) {
    chunk.bytes = new Uint8Array(Math.min(CHUNK, 2 * count) * ENTRY_BYTES)
    chunk.bytes.set(bytes)
  }
  chunk.bytes.copyWithin((at + 1) * ENTRY_BYTES, at * ENTRY_BYTES, count * ENTRY_BYTES)
  chunk.bytes.set(entry, at * ENTRY_BYTES)
  chunk.count++
  addDigest(sum, digestOf(entry), 0)
}

/** Takes the upper half of a full chunk away into a new one. */
function split(chunk: Chunk): Chunk {
  const half = CHUNK / 2
  const upper: Chunk = { bytes: new Uint8Array(CHUNK * ENTRY_BYTES), count: CHUNK - half, sum: zeroSum() }
  upper.bytes.set(chunk.bytes.subarray(half * ENTRY_BYTES))
  for (let i = 0; i < upper.count; i++) addDigest(upper.sum, digestOf(entryOf(upper, i)), 0)
  chunk.count = half
  subtractSum(chunk.sum, upper.sum)
  return upper
}

/** The lowest index for which `isAbove`, which is false up to some index and true from there on; else `size`. */
function lowest(size: number, isAbove: (index: number) => boolean): number {
  let from = 0
  let to = size
  while (from < to) {
    const middle = (from + to) >>> 1
    if (isAbove(middle)) to = middle
    else from = middle + 1
  }
  return from
}
