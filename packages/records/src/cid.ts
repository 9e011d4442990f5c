import { sha256 } from "#native"
import { base32 } from "multiformats/bases/base32"
import { base58btc } from "multiformats/bases/base58"
import { CID } from "multiformats/cid"
import * as Digest from "multiformats/hashes/digest"
import { toHex } from "./bytes.ts"
import { excerpt, messageOf, type RecordErrorCode, SporeError } from "./errors.ts"
import { createLru } from "./lru.ts"

export { CID }

/** Multicodec of canonical DAG-CBOR: signed objects. */
export const DAG_CBOR = 0x71
/** Multicodec of raw bytes: a file of at most 1 MiB. */
export const RAW = 0x55
/** Multicodec of DAG-PB: UnixFS folders and larger files. */
export const DAG_PB = 0x70
const SHA2_256 = 0x12
const IDENTITY = 0x00

/** CIDv1 of `bytes` under sha2-256 and the given codec. */
export function cidOf(codec: number, bytes: Uint8Array): CID {
  return CID.createV1(codec, Digest.create(SHA2_256, sha256(bytes)))
}

/**
 * `value` as a CID; null where it is none. Stricter than `CID.asCID`, which takes a map `{"/": x, "bytes": x}` from
 * hostile input for a CID.
 */
export function asCid(value: unknown): CID | null {
  const isCid = typeof value === "object" && value !== null && "asCID" in value && value.asCID === value
  return isCid ? CID.asCID(value) : null
}

/** Version, codec, hash and length take a byte each; a number that is padded would take more. */
const LINK_BYTES = 4 + 32

/** Whether `cid` is a link as Spore allows it: version 1, sha2-256, 32 bytes, one of `codecs`, in its shortest form. */
export function isLink(cid: CID, codecs: readonly number[]): boolean {
  const { version, code, multihash, bytes } = cid
  if (version !== 1 || multihash.code !== SHA2_256 || multihash.size !== 32) return false
  return bytes.length === LINK_BYTES && codecs.includes(code)
}

/** Text form of a link. Unlike `toString` it keeps no copy beside the CID, which costs as much as making it. */
export function linkText(cid: CID): string {
  return base32.encode(cid.bytes)
}

/**
 * Parses the text form of a link.
 *
 * @throws SporeError `bad_link`
 */
export function parseLink(text: string, ...codecs: number[]): CID {
  let cid: CID
  try {
    cid = CID.parse(text)
  } catch (error) {
    throw new SporeError<RecordErrorCode>("bad_link", `not a CID: ${excerpt(messageOf(error))}`, { cause: error })
  }
  const allowed = codecs.length === 0 ? [DAG_CBOR, RAW, DAG_PB] : codecs
  if (!isLink(cid, allowed)) {
    throw new SporeError<RecordErrorCode>(
      "bad_link",
      `not a CIDv1 with sha2-256 and an allowed codec: ${excerpt(text)}`,
    )
  }
  return cid
}

// Base58 costs about as much as reading a whole record, and the same few authors come again and again.
const nodeIds = createLru<string>(4096)

/** The libp2p PeerId (`12D3KooW…`) of an Ed25519 public key: a node's id and its author key are one. */
export function nodeIdOf(publicKey: Uint8Array): string {
  const key = toHex(publicKey)
  return nodeIds.get(key) ?? nodeIds.set(key, peerIdOf(publicKey))
}

function peerIdOf(publicKey: Uint8Array): string {
  // protobuf: field 1 (type) = 1 (Ed25519), field 2 (data) = 32 bytes
  const encoded = new Uint8Array([0x08, 0x01, 0x12, 0x20, ...publicKey])
  return base58btc.baseEncode(Digest.create(IDENTITY, encoded).bytes)
}

/**
 * The Ed25519 public key inside a PeerId of the inline form.
 *
 * @throws SporeError `bad_author` when it is not the PeerId of an Ed25519 key
 */
export function publicKeyOf(nodeId: string): Uint8Array {
  try {
    const { code, digest } = Digest.decode(base58btc.baseDecode(nodeId))
    const [a, b, c, d] = digest
    if (code === IDENTITY && digest.length === 36 && a === 8 && b === 1 && c === 18 && d === 32) return digest.slice(4)
  } catch {
    // falls through to the one error
  }
  throw new SporeError<RecordErrorCode>("bad_author", `not the node id of an Ed25519 key: ${excerpt(nodeId)}`)
}
