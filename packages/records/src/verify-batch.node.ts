import { nativeVerify } from "./ed25519.node.ts"
import type { SignedMessage } from "./signed-message.ts"

/** Signatures to check, in memory that threads share: each takes the next one until none is left. */
export interface SharedBatch {
  readonly memory: SharedArrayBuffer
  readonly count: number
  /** One number: the signature to take next. */
  readonly next: Int32Array
  /** What was found of each. */
  readonly states: Uint8Array
}

export const UNDECIDED = 0
const INVALID = 1
export const VALID = 2

const KEY = 32
const SIGNATURE = 64
/** Number of signatures, the next one, then where each message ends. */
const HEAD = 2

/** Copies a batch into memory that other threads can read. Keys have 32 bytes and signatures 64. */
export function layOut(messages: readonly SignedMessage[]): SharedBatch {
  const count = messages.length
  const total = messages.reduce((sum, { message }) => sum + message.length, 0)
  const memory = new SharedArrayBuffer(4 * (HEAD + count) + count * (1 + KEY + SIGNATURE) + total)
  const numbers = new Int32Array(memory, 0, HEAD + count)
  numbers[0] = count
  const { next, states, keys, signatures, text } = partsOf(memory)
  let end = 0
  for (const [i, { publicKey, message, signature }] of messages.entries()) {
    keys.set(publicKey, i * KEY)
    signatures.set(signature, i * SIGNATURE)
    text.set(message, end)
    end += message.length
    numbers[HEAD + i] = end
  }
  return { memory, count, next, states }
}

/** The batch that another thread laid out. */
export function readBatch(memory: SharedArrayBuffer): SharedBatch {
  const { count, next, states } = partsOf(memory)
  return { memory, count, next, states }
}

/** Checks up to `most` of the signatures that nobody took yet; gives how many it took. */
export function verifyShare({ memory, count, next, states }: SharedBatch, most: number): number {
  const { keys, signatures, text, ends } = partsOf(memory)
  let taken = 0
  while (taken < most) {
    const i = Atomics.add(next, 0, 1)
    if (i >= count) break
    taken++
    const message = text.subarray(i === 0 ? 0 : ends[i - 1], ends[i])
    const key = keys.slice(i * KEY, (i + 1) * KEY)
    const isValid = nativeVerify(key, message, signatures.subarray(i * SIGNATURE, (i + 1) * SIGNATURE))
    Atomics.store(states, i, isValid ? VALID : INVALID)
  }
  return taken
}

function partsOf(memory: SharedArrayBuffer): {
  count: number
  next: Int32Array
  ends: Int32Array
  states: Uint8Array
  keys: Uint8Array
  signatures: Uint8Array
  text: Uint8Array
} {
  const [count = 0] = new Int32Array(memory, 0, 1)
  const states = 4 * (HEAD + count)
  const keys = states + count
  const signatures = keys + count * KEY
  const text = signatures + count * SIGNATURE
  return {
    count,
    next: new Int32Array(memory, 4, 1),
    ends: new Int32Array(memory, 4 * HEAD, count),
    states: new Uint8Array(memory, states, count),
    keys: new Uint8Array(memory, keys, count * KEY),
    signatures: new Uint8Array(memory, signatures, count * SIGNATURE),
    text: new Uint8Array(memory, text),
  }
}
