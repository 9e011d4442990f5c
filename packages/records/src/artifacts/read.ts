import { concatBytes } from "../bytes.ts"
import { type CID, RAW } from "../cid.ts"
import { SporeError } from "../errors.ts"
import { type ArtifactLimits, DEFAULT_LIMITS, maxBlocks, tooLarge } from "./limits.ts"
import {
  type ArtifactNode,
  badBlock,
  decodeLinks,
  type FileNode,
  type FolderNode,
  readNode,
  type ShardNode,
} from "./node.ts"
import { childPath } from "./paths.ts"
import type { ArtifactErrorCode, ArtifactStore } from "./store.ts"

/**
 * Reads a file.
 *
 * @throws SporeError `artifact_missing`, `artifact_too_large`, `artifact_bad_block`
 */
export async function readFile(
  store: ArtifactStore,
  cid: CID,
  maxBytes: number = DEFAULT_LIMITS.maxBytes,
): Promise<Uint8Array> {
  const reading = createReading(store, cid, { maxBytes, maxFiles: 1 })
  const node = await reading.open(cid)
  if (node.type !== "file") throw badBlock(`${cid} is a folder, not a file`)
  return reading.content(node)
}

/**
 * Reads a folder, or a single file under the empty path.
 *
 * @throws SporeError `artifact_missing`, `artifact_too_large`, `artifact_bad_name`, `artifact_bad_block`
 */
export async function readTree(
  store: ArtifactStore,
  cid: CID,
  limits: ArtifactLimits = DEFAULT_LIMITS,
): Promise<Map<string, Uint8Array>> {
  const reading = createReading(store, cid, limits)
  const files = new Map<string, Uint8Array>()

  const readInto = async (path: string, node: ArtifactNode): Promise<void> => {
    if (node.type === "file") {
      files.set(path, await reading.content(node))
      return
    }
    const children = await reading.children(node)
    if (new Set(children.map(({ name }) => name)).size < children.length) {
      throw new SporeError<ArtifactErrorCode>("artifact_bad_name", `two entries of one name in a folder of ${cid}`)
    }
    for (const { name, link } of children) await readInto(childPath(path, name), await reading.open(link))
  }

  await readInto("", await reading.open(cid))
  return files
}

/**
 * The blocks of an artifact that `store` does not hold, as far as the held ones tell: fetch these and ask again,
 * until none is left.
 *
 * @throws SporeError `artifact_too_large`, `artifact_bad_block`
 */
export async function missingBlocks(
  store: ArtifactStore,
  root: CID,
  limits: ArtifactLimits = DEFAULT_LIMITS,
): Promise<CID[]> {
  const missing: CID[] = []
  const seen = new Set<string>()
  const queue = [root]
  for (let cid = queue.pop(); cid !== undefined; cid = queue.pop()) {
    const id = cid.toString()
    if (seen.has(id)) continue
    seen.add(id)
    if (seen.size > maxBlocks(limits)) throw tooLarge(root)
    if (cid.code === RAW) {
      if (!(await store.has(cid))) missing.push(cid)
      continue
    }
    const block = await store.get(cid)
    if (block === undefined) missing.push(cid)
    else for (const link of decodeLinks(cid, block).Links) queue.push(link.Hash)
  }
  return missing
}

interface Child {
  name: string
  link: CID
}

/** One pass over an artifact, within its limits: a hostile graph of blocks can repeat itself without end. */
interface Reading {
  open(cid: CID): Promise<ArtifactNode>
  content(file: FileNode): Promise<Uint8Array>
  children(folder: FolderNode | ShardNode): Promise<Child[]>
}

function createReading(store: ArtifactStore, root: CID, limits: ArtifactLimits): Reading {
  let blocks = 0
  let bytes = 0
  let entries = 0

  const open = async (cid: CID): Promise<ArtifactNode> => {
    blocks += 1
    if (blocks > maxBlocks(limits)) throw tooLarge(root)
    const block = await store.get(cid)
    if (block === undefined) throw new SporeError<ArtifactErrorCode>("artifact_missing", `not held here: ${cid}`)
    return readNode(cid, block)
  }

  const append = async (file: FileNode, parts: Uint8Array[]): Promise<void> => {
    parts.push(file.data)
    for (const [i, { Hash }] of file.links.entries()) {
      const part = await open(Hash)
      if (part.type !== "file") throw badBlock(`${Hash} is a folder inside a file`)
      // Checked before it is read, so that the root's size, checked first of all, bounds the whole.
      if (sizeOf(part) !== file.sizes[i]) throw badBlock(`${Hash} has not the size that is claimed for it`)
      await append(part, parts)
    }
  }

  const children = async (folder: FolderNode | ShardNode): Promise<Child[]> => {
    const found: Child[] = []
    const prefixLength = folder.type === "shard" ? folder.prefixLength : 0
    for (const { Name = "", Hash } of folder.links) {
      if (folder.type === "shard" && Name.length === prefixLength) {
        const part = await open(Hash)
        if (part.type !== "shard") throw badBlock(`${Hash} is no shard of a folder`)
        found.push(...(await children(part)))
      } else {
        entries += 1
        if (entries > limits.maxFiles) throw tooLarge(root)
        found.push({ name: Name.slice(prefixLength), link: Hash })
      }
    }
    return found
  }

  return {
    open,
    content: async (file) => {
      bytes += sizeOf(file)
      if (bytes > limits.maxBytes) throw tooLarge(root)
      const parts: Uint8Array[] = []
      await append(file, parts)
      return concatBytes(...parts)
    },
    children,
  }
}

function sizeOf({ data, sizes }: FileNode): number {
  return sizes.reduce((sum, size) => sum + size, data.length)
}
