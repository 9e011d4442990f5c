import { createPublicKey, hash, type KeyObject, verify } from "node:crypto"
import { toHex } from "@spore/records"

/** SHA-256 of `bytes`. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash("sha256", bytes, "buffer"))
}

/** SHA-512 of `bytes`. */
export function sha512(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash("sha512", bytes, "buffer"))
}

/** Ed25519 by OpenSSL; false, too, where it refuses the key. */
export function nativeVerify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = keyObject(publicKey)
  return key !== null && verify(null, message, key, signature)
}

/** As `nativeVerify`, on libuv's thread pool. */
export function nativeVerifyAsync(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const key = keyObject(publicKey)
  if (key === null) return Promise.resolve(false)
  return new Promise((resolve) => {
    verify(null, message, key, signature, (error, valid) => resolve(error === null && valid))
  })
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
