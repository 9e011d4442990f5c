import { CID, DAG_PB, isLink, RAW } from "@spore/records"
import { MAX_BLOCK } from "@spore/records/artifacts"
import { transportError } from "../errors.ts"

/**
 * Blocks by content id. The one side sends lists of ids, the other answers each id in order: a byte that says whether
 * it holds the block, then the block.
 */
export const ARTIFACT_PROTOCOL = "/spore/artifact/1"

/** An id in binary: version, codec, hash and length take a byte each. */
const ID_BYTES = 4 + 32
/** Most ids in a request that any node takes. */
const MAX_IDS = 128
export const MAX_REQUEST_BYTES: number = MAX_IDS * ID_BYTES
/** The largest block, a folder node, with the byte before it. */
export const MAX_ANSWER_BYTES: number = 1 + 2 * MAX_BLOCK

const NOT_HELD = 0
const HELD = 1

/** A request's frame: the ids, one after the other. */
export function encodeRequest(cids: readonly CID[]): Uint8Array {
  const frame = new Uint8Array(cids.length * ID_BYTES)
  for (const [i, cid] of cids.entries()) frame.set(cid.bytes, i * ID_BYTES)
  return frame
}

/**
 * The ids of a request: CIDv1, sha2-256, of a file or folder block. Nothing else has this form, so that no text of a
 * peer can name anything here.
 *
 * @throws SporeError `bad_message`
 */
export function decodeRequest(frame: Uint8Array): CID[] {
  if (frame.length === 0 || frame.length % ID_BYTES !== 0) throw notIds()
  return Array.from({ length: frame.length / ID_BYTES }, (_, i) => idOf(frame.slice(i * ID_BYTES, (i + 1) * ID_BYTES)))
}

function idOf(bytes: Uint8Array): CID {
  let cid: CID
  try {
    cid = CID.decode(bytes)
  } catch (error) {
    throw notIds(error)
  }
  if (!isLink(cid, [RAW, DAG_PB])) throw notIds()
  return cid
}

function notIds(cause?: unknown): Error {
  return transportError("bad_message", "not a list of block ids", { cause })
}

/** The parts of an answer's frame. */
export function encodeAnswer(block: Uint8Array | undefined): Uint8Array[] {
  return block === undefined ? [Uint8Array.of(NOT_HELD)] : [Uint8Array.of(HELD), block]
}

/**
 * The block of an answer, or undefined where the peer does not hold it.
 *
 * @throws SporeError `bad_message`
 */
export function decodeAnswer(frame: Uint8Array): Uint8Array | undefined {
  if (frame[0] === HELD) return frame.subarray(1)
  if (frame[0] === NOT_HELD && frame.length === 1) return undefined
  throw transportError("bad_message", "not an answer to a block request")
}
