import { createHash } from "node:crypto"
import { CID, DAG_CBOR } from "@spore/records"
import { base32 } from "multiformats/bases/base32"
import * as Digest from "multiformats/hashes/digest"

const SHA2_256 = 0x12
const TIME_BYTES = 8
export const DIGEST_BYTES = 32
/** A fact in a list: when it was created (8 bytes, big-endian) and its digest. */
export const ENTRY_BYTES: number = TIME_BYTES + DIGEST_BYTES

/** The facts of a log in the order in which they are listed: by `created`, then by digest; ancestors come first. */
export interface LogList {
  readonly entries: readonly Uint8Array[]
  /** SHA-256 over all entries: equal logs have equal fingerprints. */
  readonly fingerprint: Uint8Array
}

/** The list of a log; of more than `max` facts the newest. */
export function listLog(facts: readonly { id: string; created: number }[], max: number): LogList {
  const entries = facts
    .map(({ id, created }) => ({ created, digest: digestOfId(id) }))
    .toSorted((a, b) => a.created - b.created || Buffer.compare(a.digest, b.digest))
    .slice(-max)
    .map(encodeEntry)
  const hash = createHash("sha256")
  for (const entry of entries) hash.update(entry)
  return { entries, fingerprint: new Uint8Array(hash.digest()) }
}

/** Below 0 where `a` is listed before `b`. */
export function compareEntries(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b)
}

export function digestOfEntry(entry: Uint8Array): Uint8Array {
  return entry.subarray(TIME_BYTES)
}

/** The id of the fact with this digest: ids are all CIDv1, DAG-CBOR, sha2-256. */
export function idOfDigest(digest: Uint8Array): string {
  return CID.createV1(DAG_CBOR, Digest.create(SHA2_256, digest)).toString()
}

/** Without the detour over a CID object, which costs most of the time that listing takes. */
function digestOfId(id: string): Uint8Array {
  return base32.decode(id).subarray(-DIGEST_BYTES)
}

function encodeEntry({ created, digest }: { created: number; digest: Uint8Array }): Uint8Array {
  const entry = new Uint8Array(ENTRY_BYTES)
  const view = new DataView(entry.buffer)
  view.setUint32(0, Math.floor(created / 2 ** 32))
  view.setUint32(4, created % 2 ** 32)
  entry.set(digest, TIME_BYTES)
  return entry
}
