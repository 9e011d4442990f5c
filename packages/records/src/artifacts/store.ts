import { bytesEqual } from "../bytes.ts"
import { type CID, cidOf, DAG_PB, isLink, RAW } from "../cid.ts"
import { type Clock, systemClock } from "../ports.ts"
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

/** How a block is stored. */
export interface PutOptions {
  /** Whether it must outlast a loss of power once `put` returns. True by default; false for what peers can give again. */
  durable?: boolean
  /** The caller has checked these bytes against this id by `assertBlock`: they are not hashed again. */
  verified?: boolean
}

/** A block that is held. */
export interface HeldBlock {
  readonly cid: CID
  /** Its length. */
  readonly bytes: number
  /** Unix milliseconds at which it was put or read last, up to ten minutes too early. */
  readonly usedAt: number
}

/** Blocks by content id. Every implementation refuses bytes that do not hash to their id. */
export interface ArtifactStore {
  /** Whether the block is held; one that storage damaged may count until it is read. */
  has(cid: CID): Promise<boolean>
  /** The block's bytes, or undefined where it is not held. Bytes that do not hash to the id are never given. */
  get(cid: CID): Promise<Uint8Array | undefined>
  /** @throws SporeError `artifact_mismatch` or `artifact_too_large` */
  put(cid: CID, block: Uint8Array, options?: PutOptions): Promise<void>
  /** Removes the block, where it is held; not where it was put or read after `unusedSince`, Unix milliseconds. */
  delete(cid: CID, unusedSince?: number): Promise<void>
  /** All blocks that are held, in no order. What is put or deleted meanwhile may be listed or not. */
  blocks(): AsyncIterable<HeldBlock>
}

/** What reading artifacts needs of a store. */
export type ArtifactReader = Pick<ArtifactStore, "has" | "get">

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
export function createMemoryArtifactStore(clock: Clock = systemClock): ArtifactStore {
  const blocks = new Map<string, { cid: CID; block: Uint8Array; usedAt: number }>()
  return {
    has: async (cid) => blocks.has(cid.toString()),
    get: async (cid) => {
      const held = blocks.get(cid.toString())
      if (held !== undefined) held.usedAt = clock.now()
      return held?.block
    },
    put: async (cid, block, { verified = false } = {}) => {
      if (!verified) assertBlock(cid, block)
      blocks.set(cid.toString(), { cid, block, usedAt: clock.now() })
    },
    delete: async (cid, unusedSince = Infinity) => {
      const held = blocks.get(cid.toString())
      if (held !== undefined && held.usedAt <= unusedSince) blocks.delete(cid.toString())
    },
    async *blocks() {
      for (const { cid, block, usedAt } of blocks.values()) yield { cid, bytes: block.length, usedAt }
    },
  }
}
