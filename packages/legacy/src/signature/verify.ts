import { nativeVerify, nativeVerifyAsync, sha512 } from "#native"
import { ed25519 } from "@noble/curves/ed25519.js"
import { bytesEqual, concatBytes, isSmallOrder, toHex } from "@spore/records"

/**
 * Ed25519 as libsodium 1.0.18 checks it, which is the rule of the 0.6 network: S below the group's order, a key whose
 * encoding is reduced, neither key nor R of small order, and R equal byte for byte to the encoding of [S]B − [k]A,
 * without the cofactor.
 */
export function verifyLegacySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!wellFormed(publicKey, signature)) return false
  return nativeVerify(publicKey, message, signature) || equationHolds(publicKey, message, signature)
}

/** As `verifyLegacySignature`, with the native check off the event loop. */
export async function verifyLegacySignatureAsync(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (!wellFormed(publicKey, signature)) return false
  return (await nativeVerifyAsync(publicKey, message, signature)) || equationHolds(publicKey, message, signature)
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
  const digest = sha512(concatBytes(r, publicKey, message))
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
