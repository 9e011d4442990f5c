import { bytesEqual } from "../bytes.ts"
import { type CID, cidOf, DAG_PB, isLink, RAW } from "../cid.ts"
import { SporeError } from "../errors.ts"

/** Largest block: a 1 MiB leaf, or a folder node; with room for the node's own framing. */
export const MAX_BLOCK: number = 1024 * 1024
const MAX_NODE = 2 * MAX_BLOCK

export type ArtifactErrorCode =
  | "artifact_missing"
  | "artifact_mismatch"
  | "artifact_too_large"
  | "artifact_bad_name"
  | "artifact_bad_block"

/** Blocks by content id. Every implementation refuses bytes that do not hash to their id. */
export interface ArtifactStore {
  has(cid: CID): Promise<boolean>
  /** The block's bytes, or undefined where it is not held. */
  get(cid: CID): Promise<Uint8Array | undefined>
  /** @throws SporeError `artifact_mismatch` or `artifact_too_large` */
  put(cid: CID, block: Uint8Array): Promise<void>
}

/**
 * Checks that `block` is what `cid` names.
 *
 * @throws SporeError `artifact_mismatch` or `artifact_too_large`
 */
export function assertBlock(cid: CID, block: Uint8Array): void {
  if (block.length > (cid.code === RAW ? MAX_BLOCK : MAX_NODE)) {
    throw new SporeError<ArtifactErrorCode>("artifact_too_large", `block of ${block.length} bytes: ${cid}`)
  }
  if (!isLink(cid, [RAW, DAG_PB]) || !bytesEqual(cidOf(cid.code, block).bytes, cid.bytes)) {
    throw new SporeError<ArtifactErrorCode>("artifact_mismatch", `the bytes are not those of ${cid}`)
  }
}

/** Keeps blocks in memory. */
export function createMemoryArtifactStore(): ArtifactStore {
  const blocks = new Map<string, Uint8Array>()
  return {
    has: async (cid) => blocks.has(cid.toString()),
    get: async (cid) => blocks.get(cid.toString()),
    put: async (cid, block) => {
      assertBlock(cid, block)
      blocks.set(cid.toString(), block)
    },
  }
}
