import { createPublicKey, type KeyObject, verify } from "node:crypto"
import { toHex } from "./bytes.ts"
import { createLru } from "./lru.ts"

// The DER prefix of an Ed25519 SubjectPublicKeyInfo (RFC 8410); the 32 key bytes follow.
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex")
const keys = createLru<KeyObject | null>(4096)

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
  // OpenSSL would not mind what follows the DER.
  if (publicKey.length !== 32) return null
  const hex = toHex(publicKey)
  const known = keys.get(hex)
  if (known !== undefined) return known
  try {
    return keys.set(hex, createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: "der", type: "spki" }))
  } catch {
    return keys.set(hex, null)
  }
}
