import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js"

/** SHA-256 of `bytes`. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes)
}

/** Browsers have no synchronous native check: signature.ts decides with noble alone. */
export function nativeVerify(_publicKey: Uint8Array, _message: Uint8Array, _signature: Uint8Array): boolean {
  return false
}

/** As `nativeVerify`. */
export function nativeVerifyAsync(
  _publicKey: Uint8Array,
  _message: Uint8Array,
  _signature: Uint8Array,
): Promise<boolean> {
  return Promise.resolve(false)
}
