import { sha256 } from "#native"
import { concatBytes } from "./bytes.ts"
import type { CID } from "./cid.ts"
import type { TaskBody } from "./schema/task.ts"

/**
 * The seed of an author's replicate i: fixed by the manifest in exact replay, else
 * `u31(SHA-256(code ‖ author ‖ i))`, so that nobody chooses seeds.
 */
export function experimentSeed(task: TaskBody, code: CID, author: Uint8Array, replicate: number): number {
  return task.replay.seeds[replicate] ?? derivedSeed(code, author, replicate)
}

/** The seed of a verifier's replicate i: fixed in exact replay, else `u31(SHA-256(experiment ‖ verifier ‖ i))`. */
export function verificationSeed(task: TaskBody, experiment: CID, verifier: Uint8Array, replicate: number): number {
  return task.replay.seeds[replicate] ?? derivedSeed(experiment, verifier, replicate)
}

/** First four bytes, big-endian, of the SHA-256 of the link's bytes, the key and i as four bytes; 31 bits of it. */
function derivedSeed(link: CID, key: Uint8Array, replicate: number): number {
  const index = new Uint8Array(4)
  new DataView(index.buffer).setUint32(0, replicate)
  const hash = sha256(concatBytes(link.bytes, key, index))
  return new DataView(hash.buffer, hash.byteOffset).getUint32(0) & 0x7fffffff
}
