import { decode as decodeNode } from "@ipld/dag-pb"
import { exporter, recursive } from "ipfs-unixfs-exporter"
import { importer, type ImporterOptions } from "ipfs-unixfs-importer"
import { fixedSize } from "ipfs-unixfs-importer/chunker"
import { concatBytes } from "../bytes.ts"
import { type CID, DAG_PB, isLink, RAW } from "../cid.ts"
import { SporeError } from "../errors.ts"
import { type ArtifactErrorCode, type ArtifactStore, MAX_BLOCK } from "./store.ts"

/** The files of a folder by relative path, `/` between its parts. */
export type FileTree = ReadonlyMap<string, Uint8Array>

/** What reading an artifact may cost. */
export interface ArtifactLimits {
  maxBytes: number
  maxFiles: number
}

/** Bounds for candidates, bundles and logs: 64 MiB in 4,096 files. */
export const DEFAULT_LIMITS: ArtifactLimits = { maxBytes: 64 * 1024 * 1024, maxFiles: 4096 }

// What `ipfs add --cid-version=1 --raw-leaves --chunker=size-1048576` does.
const IMPORT: ImporterOptions = {
  cidVersion: 1,
  rawLeaves: true,
  reduceSingleLeafToSelf: true,
  chunker: fixedSize({ chunkSize: MAX_BLOCK }),
}

/** Stores a file: one raw block up to 1 MiB, UnixFS beyond. */
export async function addFile(store: ArtifactStore, content: Uint8Array): Promise<CID> {
  return lastRoot(store, [{ content }], IMPORT)
}

/**
 * Stores a folder as UnixFS. The same files give the same CID in any order.
 *
 * @throws SporeError `artifact_bad_name` for a path that could leave the folder
 */
export async function addFolder(store: ArtifactStore, files: FileTree): Promise<CID> {
  const entries = [...files].map(([path, content]) => ({ path: checkedPath(path), content }))
  if (entries.length === 0) {
    throw new SporeError<ArtifactErrorCode>("artifact_missing", "an empty folder holds nothing to share")
  }
  return lastRoot(store, entries, { ...IMPORT, wrapWithDirectory: true })
}

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
  const tree = await readTree(store, cid, { maxBytes, maxFiles: 1 })
  const content = tree.get("")
  if (content === undefined) throw new SporeError<ArtifactErrorCode>("artifact_bad_block", `${cid} is not a file`)
  return content
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
  const reader = { get: (block: CID) => readBlock(store, block) }
  const files = new Map<string, Uint8Array>()
  let bytes = 0
  try {
    const root = await exporter(cid, reader)
    const isFolder = root.type === "directory"
    const entries = isFolder ? recursive(cid, reader) : [{ cid, path: "" }]
    for await (const { cid: entry, path } of entries) {
      const node = await exporter(entry, reader)
      if (node.type === "directory") continue
      if (node.type !== "file" && node.type !== "raw") {
        throw new SporeError<ArtifactErrorCode>("artifact_bad_block", `not a regular file: ${path}`)
      }
      const parts: Uint8Array[] = []
      for await (const part of node.content()) {
        bytes += part.length
        if (bytes > limits.maxBytes) throw tooLarge(cid)
        parts.push(part)
      }
      // exporter paths begin with the root's CID
      files.set(isFolder ? checkedPath(path.slice(path.indexOf("/") + 1)) : "", concatBytes(...parts))
      if (files.size > limits.maxFiles) throw tooLarge(cid)
    }
  } catch (error) {
    if (error instanceof SporeError) throw error
    throw new SporeError<ArtifactErrorCode>("artifact_bad_block", `cannot read ${cid}`, { cause: error })
  }
  return files
}

/**
 * The blocks of an artifact that `store` does not hold, as far as the held ones tell: fetch these and ask again,
 * until none is left.
 */
export async function missingBlocks(
  store: ArtifactStore,
  root: CID,
  limits: ArtifactLimits = DEFAULT_LIMITS,
): Promise<CID[]> {
  const missing: CID[] = []
  const seen = new Set<string>()
  const queue = [root]
  const maxBlocks = limits.maxFiles + Math.ceil(limits.maxBytes / MAX_BLOCK)
  for (let cid = queue.pop(); cid !== undefined; cid = queue.pop()) {
    const id = cid.toString()
    if (seen.has(id)) continue
    seen.add(id)
    if (seen.size > maxBlocks) throw tooLarge(root)
    if (cid.code === RAW) {
      if (!(await store.has(cid))) missing.push(cid)
      continue
    }
    const block = await store.get(cid)
    if (block === undefined) missing.push(cid)
    else queue.push(...linksOf(cid, block))
  }
  return missing
}

function linksOf(cid: CID, block: Uint8Array): CID[] {
  let links: CID[]
  try {
    links = decodeNode(block).Links.map((link) => link.Hash)
  } catch (error) {
    throw new SporeError<ArtifactErrorCode>("artifact_bad_block", `${cid} is not DAG-PB`, { cause: error })
  }
  if (!links.every((link) => isLink(link, [RAW, DAG_PB]))) {
    throw new SporeError<ArtifactErrorCode>("artifact_bad_block", `${cid} links to an id that is not allowed`)
  }
  return links
}

async function* readBlock(store: ArtifactStore, cid: CID): AsyncGenerator<Uint8Array> {
  const block = await store.get(cid)
  if (block === undefined) throw new SporeError<ArtifactErrorCode>("artifact_missing", `not held here: ${cid}`)
  yield block
}

async function lastRoot(
  store: ArtifactStore,
  entries: { path?: string; content: Uint8Array }[],
  options: ImporterOptions,
): Promise<CID> {
  const blocks = {
    put: async (cid: CID, block: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<CID> => {
      await store.put(cid, block instanceof Uint8Array ? block : await collect(block))
      return cid
    },
  }
  let root: CID | undefined
  for await (const entry of importer(entries, blocks, options)) root = entry.cid
  if (root === undefined) throw new SporeError<ArtifactErrorCode>("artifact_missing", "nothing was imported")
  return root
}

async function collect(source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return concatBytes(...parts)
}

/** A relative path of at most 8 plain names, safe to create below any folder on any system. */
function checkedPath(path: string): string {
  const names = path.split("/")
  if (names.length > 8 || path.length > 512 || names.some(isUnsafeName)) {
    throw new SporeError<ArtifactErrorCode>("artifact_bad_name", `unsafe path in an artifact: ${JSON.stringify(path)}`)
  }
  return path
}

function isUnsafeName(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  return name === "" || name === "." || name === ".." || /[\u0000-\u001f\u007f\\:]/.test(name)
}

function tooLarge(cid: CID): SporeError<ArtifactErrorCode> {
  return new SporeError("artifact_too_large", `${cid} is larger than allowed here`)
}
