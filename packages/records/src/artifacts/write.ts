import { importer, type ImporterOptions } from "ipfs-unixfs-importer"
import { fixedSize } from "ipfs-unixfs-importer/chunker"
import type { CID } from "../cid.ts"
import { SporeError } from "../errors.ts"
import { collect } from "./collect.ts"
import { badName, checkedPath } from "./paths.ts"
import { type ArtifactErrorCode, type ArtifactStore, MAX_BLOCK } from "./store.ts"

/** The files of a folder by relative path, `/` between its parts. */
export type FileTree = ReadonlyMap<string, Uint8Array>
/** A file's bytes, or where they come from. */
export type FileContent = Uint8Array | AsyncIterable<Uint8Array>

// What `ipfs add --cid-version=1 --raw-leaves --chunker=size-1048576` does.
const IMPORT: ImporterOptions = {
  cidVersion: 1,
  rawLeaves: true,
  reduceSingleLeafToSelf: true,
  chunker: fixedSize({ chunkSize: MAX_BLOCK }),
}

/** Stores a file: one raw block up to 1 MiB, UnixFS beyond. */
export async function addFile(store: ArtifactStore, content: FileContent): Promise<CID> {
  return lastRoot(store, [{ content }], IMPORT)
}

/**
 * Stores a folder as UnixFS. The same files give the same CID in any order.
 *
 * @throws SporeError `artifact_bad_name` for a path that could leave the folder, or lies below a file
 */
export async function addFolder(store: ArtifactStore, files: ReadonlyMap<string, FileContent>): Promise<CID> {
  const entries = [...files].map(([path, content]) => ({ path: checkedPath(path), content }))
  for (const { path } of entries) {
    for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1)) {
      if (files.has(path.slice(0, end))) throw badName(path)
    }
  }
  if (entries.length === 0) {
    throw new SporeError<ArtifactErrorCode>("artifact_missing", "an empty folder holds nothing to share")
  }
  return lastRoot(store, entries, { ...IMPORT, wrapWithDirectory: true })
}

async function lastRoot(
  store: ArtifactStore,
  entries: { path?: string; content: FileContent }[],
  options: ImporterOptions,
): Promise<CID> {
  const blocks = {
    put: async (cid: CID, block: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<CID> => {
      // The importer made the id from these bytes.
      await store.put(cid, block instanceof Uint8Array ? block : await collect(block), { verified: true })
      return cid
    },
  }
  let root: CID | undefined
  for await (const entry of importer(entries, blocks, options)) root = entry.cid
  if (root === undefined) throw new SporeError<ArtifactErrorCode>("artifact_missing", "nothing was imported")
  return root
}
