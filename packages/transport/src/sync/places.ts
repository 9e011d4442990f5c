import { createHash } from "node:crypto"
import { CID, DAG_CBOR } from "@spore/records"
import { base32 } from "multiformats/bases/base32"
import * as Digest from "multiformats/hashes/digest"
import { DIGEST_BYTES, packEntry } from "../negentropy/index.ts"

const SHA2_256 = 0x12
const HEX_ID = /^[0-9a-f]{64}$/
/** The log of the 0.6 network's objects, whose ids are hex. */
export const LEGACY_LOG = "legacy"
/** The set of all followed logs, reconciled as if it were one. */
export const LOG_OF_LOGS = "logs"

/** The 32 bytes by which an id is known in its log. Without the detour over a CID object, which costs most of it. */
export function digestOfId(id: string): Uint8Array {
  return HEX_ID.test(id) ? Uint8Array.from(Buffer.from(id, "hex")) : base32.decode(id).subarray(-DIGEST_BYTES)
}

/** The id of the fact of a log with this digest. */
export function idOfDigest(log: string, digest: Uint8Array): string {
  if (log === LEGACY_LOG) return Buffer.from(digest).toString("hex")
  return CID.createV1(DAG_CBOR, Digest.create(SHA2_256, digest)).toString()
}

/** A fact's entry in its log. */
export function entryOfFact({ id, created }: { readonly id: string; readonly created: number }): Uint8Array {
  return packEntry(Math.max(0, Math.floor(created)), digestOfId(id))
}

/** What stands for a log in the log of logs: equal only where the logs are. */
export function hashOfLog(log: string, fingerprint: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(log).update(fingerprint).digest())
}

/** Digests laid end to end, taken apart. */
export function digestsIn(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / DIGEST_BYTES }, (_, i) =>
    bytes.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES),
  )
}
