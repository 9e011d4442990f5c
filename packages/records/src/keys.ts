import { ed25519 } from "@noble/curves/ed25519.js"
import { fromHex, toHex } from "./bytes.ts"
import { nodeIdOf, publicKeyOf } from "./cid.ts"
import { excerpt, type RecordErrorCode, SporeError } from "./errors.ts"

export type KeyErrorCode = "bad_seed"

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

/**
 * The identity of a seed as 0.6 keeps it in its key file: 64 hex digits, white space around them.
 *
 * @throws SporeError `bad_seed`; the message does not repeat the text
 */
export function identityFromHex(text: string): Identity {
  const seed = fromHex(text.trim())
  if (seed?.length !== 32) throw new SporeError<KeyErrorCode>("bad_seed", "expected a seed of 64 hex digits")
  return createIdentity(seed)
}

/** The node id that 0.6 gave the same key: its 32 bytes in lower-case hex. */
export function hexNodeIdOf(publicKey: Uint8Array): string {
  return toHex(publicKey)
}

/**
 * The Ed25519 public key of a node id in either form: a PeerId, or 0.6's 64 hex digits, white space around it.
 *
 * @throws SporeError `bad_author`
 */
export function parseNodeId(nodeId: string): Uint8Array {
  const text = nodeId.trim()
  if (text.length !== 64) return publicKeyOf(text)
  const publicKey = fromHex(text)
  if (publicKey !== null) return publicKey
  throw new SporeError<RecordErrorCode>("bad_author", `not the node id of an Ed25519 key: ${excerpt(nodeId)}`)
}
