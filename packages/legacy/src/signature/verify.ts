import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto"
import { ed25519 } from "@noble/curves/ed25519.js"
import { bytesEqual, isSmallOrder, toHex } from "@spore/records"

/**
 * Ed25519 as libsodium 1.0.18 checks it, which is the rule of the 0.6 network: S below the group's order, a key whose
 * encoding is reduced, neither key nor R of small order, and R equal byte for byte to the encoding of [S]B − [k]A,
 * without the cofactor.
 */
export function verifyLegacySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!wellFormed(publicKey, signature)) return false
  const key = keyObject(publicKey)
  return (key !== null && verify(null, message, key, signature)) || equationHolds(publicKey, message, signature)
}

/** As `verifyLegacySignature`, with the native check on libuv's thread pool. */
export async function verifyLegacySignatureAsync(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (!wellFormed(publicKey, signature)) return false
  const key = keyObject(publicKey)
  const native =
    key !== null &&
    (await new Promise<boolean>((resolve) => {
      verify(null, message, key, signature, (error, valid) => resolve(error === null && valid))
    }))
  return native || equationHolds(publicKey, message, signature)
}

const P = ed25519.Point.Fp.ORDER
const L = ed25519.Point.Fn.ORDER

/**
 * What libsodium refuses before it computes. OpenSSL checks the same equation on the same bytes, and S, so that what
 * passes here and there passes libsodium; where OpenSSL refuses, `equationHolds` decides, as its versions differ.
 */
function wellFormed(publicKey: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  const y = littleEndian(publicKey) & ((1n << 255n) - 1n)
  if (y >= P || littleEndian(signature.subarray(32)) >= L) return false
  return !isSmallOrder(publicKey) && !isSmallOrder(signature.subarray(0, 32))
}

/** Whether R is the encoding of [S]B − [k]A. */
function equationHolds(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const r = signature.subarray(0, 32)
  const digest = createHash("sha512").update(r).update(publicKey).update(message).digest()
  try {
    const a = ed25519.Point.fromBytes(publicKey)
    const base = ed25519.Point.BASE.multiplyUnsafe(littleEndian(signature.subarray(32)))
    return bytesEqual(base.subtract(a.multiplyUnsafe(littleEndian(digest) % L)).toBytes(), r)
  } catch {
    // not a point of the curve
    return false
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.toReversed())}`)
}

// The DER prefix of an Ed25519 SubjectPublicKeyInfo (RFC 8410); the 32 key bytes follow.
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex")

const MAX_CACHED_KEYS = 1024
const keys = new Map<string, KeyObject | null>()

/** OpenSSL's form of a key, which costs a good part of a check to make; null where it refuses it. */
function keyObject(publicKey: Uint8Array): KeyObject | null {
  const hex = toHex(publicKey)
  let key = keys.get(hex)
  if (key === undefined) {
    try {
      key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: "der", type: "spki" })
    } catch {
      key = null
    }
    keys.set(hex, key)
    const oldest = keys.keys().next().value
    if (keys.size > MAX_CACHED_KEYS && oldest !== undefined) keys.delete(oldest)
  }
  return key
}
