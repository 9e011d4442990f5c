import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto"

// The DER prefix of an Ed25519 SubjectPublicKeyInfo (RFC 8410); the 32 key bytes follow.
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex")
const MAX_CACHED_KEYS = 4096
const keys = new Map<string, KeyObject | null>()

/** SHA-256 of `bytes`. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest())
}

/** OpenSSL's Ed25519 verdict. A `false` is not final: see signature.ts. */
export function nativeVerify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = keyObject(publicKey)
  return key !== null && verify(null, message, key, signature)
}

/** The same on libuv's thread pool, so that a batch uses every core and the event loop stays free. */
export function nativeVerifyAsync(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const key = keyObject(publicKey)
  if (key === null) return Promise.resolve(false)
  return new Promise((resolve) => {
    verify(null, message, key, signature, (error, valid) => resolve(error === null && valid))
  })
}

function keyObject(publicKey: Uint8Array): KeyObject | null {
  const cacheKey = Buffer.from(publicKey).toString("latin1")
  let key = keys.get(cacheKey)
  if (key === undefined) {
    try {
      key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: "der", type: "spki" })
    } catch {
      key = null
    }
    keys.set(cacheKey, key)
    const oldest = keys.keys().next().value
    if (keys.size > MAX_CACHED_KEYS && oldest !== undefined) keys.delete(oldest)
  }
  return key
}
