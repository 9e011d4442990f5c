import { collect } from "./collect.ts"
import type { CID } from "../cid.ts"
import { SporeError } from "../errors.ts"
import { type ArtifactLimits, DEFAULT_LIMITS, maxBlocks, tooLarge } from "./limits.ts"
import { type ArtifactNode, badBlock, type FileNode, type FolderNode, readNode, type ShardNode } from "./node.ts"
import { childPath } from "./paths.ts"
import type { ArtifactErrorCode, ArtifactReader } from "./store.ts"

/**
 * Reads a file.
 *
 * @throws SporeError `artifact_missing`, `artifact_too_large`, `artifact_bad_block`
 */
export async function readFile(
  store: ArtifactReader,
  cid: CID,
  maxBytes: number = DEFAULT_LIMITS.maxBytes,
): Promise<Uint8Array> {
  const reading = createReading(store, cid, { maxBytes, maxFiles: 1 })
  const node = await reading.open(cid)
  if (node.type !== "file") throw badBlock(`${cid} is a folder, not a file`)
  reading.claim(node)
  return collect(reading.content(node))
}

/** The end of a file, and how long the whole is. */
export interface FileEnd {
  readonly size: number
  readonly bytes: Uint8Array
}

/**
 * Reads the last `maxBytes` of a file, and none of the blocks before them.
 *
 * @throws SporeError `artifact_missing`, `artifact_too_large`, `artifact_bad_block`
 */
export async function readFileEnd(store: ArtifactReader, cid: CID, maxBytes: number): Promise<FileEnd> {
  const reading = createReading(store, cid, { maxBytes, maxFiles: 1 })
  const node = await reading.open(cid)
  if (node.type !== "file") throw badBlock(`${cid} is a folder, not a file`)
  const size = sizeOf(node)
  return { size, bytes: await collect(reading.content(node, Math.max(0, size - maxBytes))) }
}

/**
 * Reads a folder, or a single file under the empty path.
 *
 * @throws SporeError `artifact_missing`, `artifact_too_large`, `artifact_bad_name`, `artifact_bad_block`
 */
export async function readTree(
  store: ArtifactReader,
  cid: CID,
  limits: ArtifactLimits = DEFAULT_LIMITS,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for await (const { path, content } of readFiles(store, cid, limits)) files.set(path, await collect(content()))
  return files
}

/** A file of an artifact. */
export interface ArtifactFile {
  /** Relative, `/` between its names, safe to create below any folder; empty where the artifact is a single file. */
  readonly path: string
  readonly size: number
  /** Its bytes, a block at a time: to be read before the next file is asked for, or not at all. */
  content(): AsyncGenerator<Uint8Array>
}

/**
 * The files of an artifact one after the other, so that none need be in memory as a whole.
 *
 * @throws SporeError `artifact_missing`, `artifact_too_large`, `artifact_bad_name`, `artifact_bad_block`
 */
export async function* readFiles(
  store: ArtifactReader,
  cid: CID,
  limits: ArtifactLimits = DEFAULT_LIMITS,
): AsyncGenerator<ArtifactFile> {
  const reading = createReading(store, cid, limits)

  async function* filesAt(path: string, node: ArtifactNode): AsyncGenerator<ArtifactFile> {
    if (node.type === "file") {
      yield { path, size: reading.claim(node), content: () => reading.content(node) }
      return
    }
    const children = await reading.children(node)
    if (new Set(children.map(({ name }) => name)).size < children.length) {
      throw new SporeError<ArtifactErrorCode>("artifact_bad_name", `two entries of one name in a folder of ${cid}`)
    }
    for (const { name, link } of children) yield* filesAt(childPath(path, name), await reading.open(link))
  }

  yield* filesAt("", await reading.open(cid))
}

interface Child {
  name: string
  link: CID
}

/** One pass over an artifact, within its limits: a hostile graph of blocks can repeat itself without end. */
interface Reading {
  open(cid: CID): Promise<ArtifactNode>
  /** The size of a file, which counts from now on. */
  claim(file: FileNode): number
  /** Its bytes from `start` on; blocks before that are not opened. */
  content(file: FileNode, start?: number): AsyncGenerator<Uint8Array>
  children(folder: FolderNode | ShardNode): Promise<Child[]>
}

function createReading(store: ArtifactReader, root: CID, limits: ArtifactLimits): Reading {
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

  async function* content(file: FileNode, start = 0): AsyncGenerator<Uint8Array> {
    yield file.data.subarray(start)
    let at = file.data.length
    for (const [i, { Hash }] of file.links.entries()) {
      const from = at
      at += file.sizes[i] ?? 0
      if (start > 0 && at <= start) continue
      const part = await open(Hash)
      if (part.type !== "file") throw badBlock(`${Hash} is a folder inside a file`)
      // Checked before it is read, so that the root's size, checked first of all, bounds the whole.
      if (sizeOf(part) !== file.sizes[i]) throw badBlock(`${Hash} has not the size that is claimed for it`)
      yield* content(part, Math.max(0, start - from))
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
    claim: (file) => {
      const size = sizeOf(file)
      bytes += size
      if (bytes > limits.maxBytes) throw tooLarge(root)
      return size
    },
    content,
    children,
  }
}

function sizeOf({ data, sizes }: FileNode): number {
  return sizes.reduce((sum, size) => sum + size, data.length)
}
