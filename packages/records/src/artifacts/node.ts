import { decode, type PBLink, type PBNode } from "@ipld/dag-pb"
import { UnixFS } from "ipfs-unixfs"
import { type CID, DAG_PB, isLink, RAW } from "../cid.ts"
import { messageOf, SporeError } from "../errors.ts"
import type { ArtifactErrorCode } from "./store.ts"

/** A block of an artifact, understood. */
export type ArtifactNode = FileNode | FolderNode | ShardNode

/** A file or a part of one: its own bytes, then those of its links. */
export interface FileNode {
  readonly type: "file"
  readonly data: Uint8Array
  readonly links: readonly PBLink[]
  /** The length that each link claims to have. */
  readonly sizes: readonly number[]
}

export interface FolderNode {
  readonly type: "folder"
  readonly links: readonly PBLink[]
}

/** Part of a large folder, spread by the hash of the names; a link's name begins with a prefix of this length. */
export interface ShardNode {
  readonly type: "shard"
  readonly links: readonly PBLink[]
  readonly prefixLength: number
}

/**
 * Reads a block as raw bytes or UnixFS.
 *
 * @throws SporeError `artifact_bad_block`, for symbolic links too
 */
export function readNode(cid: CID, block: Uint8Array): ArtifactNode {
  if (cid.code === RAW) return { type: "file", data: block, links: [], sizes: [] }
  const { Links: links, Data: data } = decodeLinks(cid, block)
  // An empty message would read as an empty file.
  if (data === undefined || data.length === 0) throw badBlock(`${cid} is a node without UnixFS data`)
  let unixfs: UnixFS
  try {
    unixfs = UnixFS.unmarshal(data)
  } catch (error) {
    throw badBlock(`${cid} is not UnixFS: ${messageOf(error)}`, error)
  }
  switch (unixfs.type) {
    case "file":
    case "raw": {
      const sizes = unixfs.blockSizes.map(Number)
      if (sizes.length !== links.length) throw badBlock(`${cid} has ${links.length} parts and ${sizes.length} sizes`)
      return { type: "file", data: unixfs.data ?? new Uint8Array(), links, sizes }
    }
    case "directory":
      return { type: "folder", links }
    case "hamt-sharded-directory":
      if (unixfs.fanout === undefined) throw badBlock(`${cid} is a shard without a fanout`)
      return { type: "shard", links, prefixLength: (unixfs.fanout - 1n).toString(16).length }
    default:
      throw badBlock(`${cid} is a ${unixfs.type}, neither file nor folder`)
  }
}

/** A link from one block to another. */
export interface BlockLink {
  readonly cid: CID
  /** What the linking block says of the length of all below it: unchecked, null where it says nothing. */
  readonly size: number | null
}

/**
 * The blocks that a block links to; none from a raw one.
 *
 * @throws SporeError `artifact_bad_block`
 */
export function linksOf(cid: CID, block: Uint8Array): BlockLink[] {
  if (cid.code === RAW) return []
  return decodeLinks(cid, block).Links.map(({ Hash, Tsize }) => ({ cid: Hash, size: Tsize ?? null }))
}

/**
 * The links of a DAG-PB block, each of a kind that artifacts may hold.
 *
 * @throws SporeError `artifact_bad_block`
 */
function decodeLinks(cid: CID, block: Uint8Array): PBNode {
  let node: PBNode
  try {
    node = decode(block)
  } catch (error) {
    throw badBlock(`${cid} is not DAG-PB: ${messageOf(error)}`, error)
  }
  if (!node.Links.every((link) => isLink(link.Hash, [RAW, DAG_PB]))) {
    throw badBlock(`${cid} links to an id that is not allowed`)
  }
  return node
}

export function badBlock(message: string, cause?: unknown): SporeError<ArtifactErrorCode> {
  return new SporeError("artifact_bad_block", message, { cause })
}
