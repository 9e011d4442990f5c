import { CID, DAG_PB, decodeCanonical, encodeCanonical, isLink, RAW } from "@spore/records"
import { MAX_BLOCK } from "@spore/records/artifacts"
import { z } from "zod"
import { transportError } from "../errors.ts"

/**
 * Blocks by content id. The one side sends lists of ids, the other answers each id in order: a byte that says whether
 * it holds the block, then the block.
 */
export const ARTIFACT_PROTOCOL = "/spore/artifact/1"

/** An id in a request takes 41 bytes of DAG-CBOR. */
export const MAX_REQUEST_BYTES: number = 16 * 1024
/** The largest block, a folder node, with the byte before it. */
export const MAX_ANSWER_BYTES: number = 1 + 2 * MAX_BLOCK

const NOT_HELD = 0
const HELD = 1
const requestSchema = z
  .array(
    z.custom<CID>((value) => {
      const cid = CID.asCID(value)
      return cid !== null && isLink(cid, [RAW, DAG_PB])
    }),
  )
  .min(1)

export function encodeRequest(cids: readonly CID[]): Uint8Array {
  return encodeCanonical(cids)
}

/**
 * The ids of a request: CIDv1, sha2-256, of a file or folder block, and nothing else.
 *
 * @throws SporeError `bad_message`, `over_limit`
 */
export function decodeRequest(frame: Uint8Array, maxBlocks: number): CID[] {
  let value: unknown
  try {
    value = decodeCanonical(frame)
  } catch (error) {
    throw transportError("bad_message", "not canonical DAG-CBOR", { cause: error })
  }
  const parsed = requestSchema.safeParse(value)
  if (!parsed.success) throw transportError("bad_message", "not a list of block ids", { cause: parsed.error })
  if (parsed.data.length > maxBlocks) {
    throw transportError("over_limit", `asked for ${parsed.data.length} blocks at once, limit ${maxBlocks}`)
  }
  return parsed.data
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
