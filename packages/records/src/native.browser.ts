import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js"
import type { SignedMessage } from "./signed-message.ts"

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

/** As `nativeVerify`, of many. */
export function nativeVerifyBatch(batch: readonly SignedMessage[]): Promise<boolean[]> {
  return Promise.resolve(batch.map(() => false))
}

/** Resolves in a later task of the event loop. A message, as timers wait 4 ms when they follow one another. */
export function yieldToLoop(): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    port1.addEventListener("message", () => {
      port1.close()
      resolve()
    })
    port1.start()
    port2.postMessage(null)
  })
}
