import { CarWriter } from "@ipld/car"
import { isLegacyKind, legacyLink } from "@spore/legacy"
import { CID, cidOf, DAG_CBOR, type SignedObject } from "@spore/records"
import { artifactsOfObject } from "@spore/node/local"
import { type ArtifactStore, heldBlocks } from "@spore/records/artifacts"
import { encodePage, encodeRoot, PAGE_LENGTH, type PageEntry } from "./car-format.ts"
import type { FileSink } from "./sink.ts"

/** Artifacts remembered as written; a block that comes twice does no harm. */
const MAX_REMEMBERED = 1_000_000

export interface CarCounts {
  readonly objects: number
  /** Blocks of artifacts. */
  readonly blocks: number
  /** Artifacts that are not held here, or not in full. */
  readonly incomplete: number
}

export interface CarInit {
  readonly sink: FileSink
  readonly artifacts: ArtifactStore
  /** Ids of artifacts that are left out. */
  readonly blocked: ReadonlySet<string>
}

/** Writes signed objects and the blocks of their artifacts that are held here. Memory does not grow with them. */
export async function writeCar(
  { sink, artifacts, blocked }: CarInit,
  objects: AsyncIterable<SignedObject>,
): Promise<CarCounts> {
  // The root is known at the end; until then one of the same length stands in its place.
  const { writer, out } = CarWriter.create([cidOf(DAG_CBOR, encodeRoot([]))])
  const pumping = pump(out, sink)
  pumping.catch(() => undefined)
  const put = async (cid: CID, bytes: Uint8Array): Promise<void> => {
    await Promise.race([writer.put({ cid, bytes }), pumping])
  }
  const pages: CID[] = []
  const written = new Set<string>()
  let page: SignedObject[] = []
  let [count, blocks, incomplete] = [0, 0, 0]

  async function putArtifact(root: CID): Promise<void> {
    const id = root.toString()
    if (written.has(id) || blocked.has(id)) return
    if (written.size >= MAX_REMEMBERED) written.clear()
    written.add(id)
    const { cids, isWhole } = await heldBlocks(artifacts, root)
    if (!isWhole) incomplete++
    for (const cid of cids) {
      const block = await artifacts.get(cid)
      if (block === undefined) continue
      await put(cid, block)
      blocks++
    }
  }

  async function putPage(): Promise<void> {
    if (page.length === 0) return
    const entries = page.map(entryOf)
    const bytes = encodePage(entries)
    const cid = cidOf(DAG_CBOR, bytes)
    pages.push(cid)
    await put(cid, bytes)
    for (const [i, { payload }] of page.entries()) {
      const entry = entries[i]
      if (entry !== undefined) await put(entry.cid, payload)
    }
    for (const object of page) for (const link of artifactsOfObject(object)) await putArtifact(link.cid)
    count += page.length
    page = []
  }

  for await (const object of objects) {
    page.push(object)
    if (page.length === PAGE_LENGTH) await putPage()
  }
  await putPage()
  const rootBlock = encodeRoot(pages)
  const root = cidOf(DAG_CBOR, rootBlock)
  await put(root, rootBlock)
  await Promise.race([writer.close(), pumping])
  await pumping
  await sink.edit((file) => CarWriter.updateRootsInFile(file, [root]))
  return { objects: count, blocks, incomplete }
}

async function pump(out: AsyncIterable<Uint8Array>, sink: FileSink): Promise<void> {
  for await (const chunk of out) await sink.write(chunk)
}

function entryOf({ id, kind, signature }: SignedObject): PageEntry {
  return { cid: CID.parse(isLegacyKind(kind) ? legacyLink(id) : id), signature, kind }
}
