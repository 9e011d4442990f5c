import { ed25519 } from "@noble/curves/ed25519.js"
import { nodeIdOf } from "./cid.ts"

/** A node's key pair. The seed never leaves it but by `exportSeed`. */
export interface Identity {
  readonly publicKey: Uint8Array
  /** The libp2p PeerId of the same key. */
  readonly nodeId: string
  sign(message: Uint8Array): Uint8Array
  /** The 32-byte Ed25519 seed, for the key file and for libp2p. */
  exportSeed(): Uint8Array
}

/** The identity of an Ed25519 seed (32 bytes), a fresh one by default. */
export function createIdentity(seed: Uint8Array = crypto.getRandomValues(new Uint8Array(32))): Identity {
  const secret = Uint8Array.from(seed)
  const publicKey = ed25519.getPublicKey(secret)
  return {
    publicKey,
    nodeId: nodeIdOf(publicKey),
    sign: (message) => ed25519.sign(message, secret),
    exportSeed: () => Uint8Array.from(secret),
  }
}
