import { hash } from "node:crypto"
import { setImmediate } from "node:timers/promises"
import { nativeVerifyAsync } from "./ed25519.node.ts"
import type { SignedMessage } from "./signed-message.ts"
import { verifyThreads } from "./verify-threads.node.ts"

export { nativeVerify, nativeVerifyAsync } from "./ed25519.node.ts"

/** SHA-256 of `bytes`. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash("sha256", bytes, "buffer"))
}

/** Too few for it to be worth starting threads. */
const FEW = 8

/** Many at once, on threads of their own and on this one while it has nothing else to do. */
export function nativeVerifyBatch(batch: readonly SignedMessage[]): Promise<boolean[]> {
  if (batch.length > FEW) return verifyThreads().verify(batch)
  return Promise.all(batch.map((one) => nativeVerifyAsync(one.publicKey, one.message, one.signature)))
}

/** Resolves in the next turn of the event loop, after input and output. */
export function yieldToLoop(): Promise<void> {
  return setImmediate()
}
