const TIME_BYTES = 8
export const DIGEST_BYTES = 32
/** An item of a set: its time (8 bytes, big-endian), then its digest. Items are ordered as these bytes are. */
export const ENTRY_BYTES: number = TIME_BYTES + DIGEST_BYTES
/** The time that no item has: a bound at it is above all items. */
export const INFINITY: bigint = 2n ** 64n - 1n

/** @param time from 0 to 2^64 − 2 */
export function packEntry(time: number | bigint, digest: Uint8Array): Uint8Array {
  const entry = new Uint8Array(ENTRY_BYTES)
  new DataView(entry.buffer).setBigUint64(0, BigInt(time))
  entry.set(digest, TIME_BYTES)
  return entry
}

export function timeOf(entry: Uint8Array): bigint {
  return new DataView(entry.buffer, entry.byteOffset).getBigUint64(0)
}

/** The digest within an entry, sharing its memory. */
export function digestOf(entry: Uint8Array): Uint8Array {
  return entry.subarray(TIME_BYTES)
}

/** Below 0 where `a` is ordered before `b`. */
export function compareEntries(a: Uint8Array, b: Uint8Array): number {
  return compareEntryAt(a, 0, b)
}

/** As `compareEntries`, for the entry that begins at `at`. Sets are searched by it, so it calls and allocates nothing. */
export function compareEntryAt(bytes: Uint8Array, at: number, entry: Uint8Array): number {
  for (let i = 0; i < ENTRY_BYTES; i++) {
    const difference = (bytes[at + i] ?? 0) - (entry[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
