/** SHA-256 of `bytes`. */
export { sha256, sha512 } from "@noble/hashes/sha2.js"

/** Browsers have no synchronous native check: signature/verify.ts decides alone. */
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
