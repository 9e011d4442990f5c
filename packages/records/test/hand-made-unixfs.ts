import { encode, type PBLink } from "@ipld/dag-pb"
import type { ArtifactStore } from "../src/artifacts/index.ts"
import { type CID, cidOf, DAG_PB, RAW } from "../src/index.ts"

// UnixFS written byte by byte from its protobuf definition, so that tests neither trust nor are limited by a library.

/** The types of UnixFS nodes by number. */
export const TYPE = { raw: 0, directory: 1, file: 2, metadata: 3, symlink: 4, shard: 5 } as const

interface Fields {
  data?: Uint8Array
  sizes?: number[]
  fanout?: number
}

/** The `Data` of a node. Its `filesize` is what data and sizes come to, where there are any. */
export function unixfs(type: number, { data, sizes, fanout }: Fields = {}): Uint8Array {
  const total = (sizes ?? []).reduce((sum, size) => sum + size, data?.length ?? 0)
  return Uint8Array.from([
    0x08,
    type,
    ...(data === undefined ? [] : [0x12, ...varint(data.length), ...data]),
    ...(type === TYPE.file ? [0x18, ...varint(total)] : []),
    ...(sizes ?? []).flatMap((size) => [0x20, ...varint(size)]),
    ...(fanout === undefined ? [] : [0x28, 0x22, 0x30, ...varint(fanout)]),
  ])
}

/** A link; its claimed size is of no consequence to a reader. */
export function entry(name: string, cid: CID, size = 0): PBLink {
  return { Name: name, Hash: cid, Tsize: size }
}

/** The same link many times. */
export function repeated(count: number, link: CID): PBLink[] {
  return Array.from({ length: count }, () => entry("", link))
}

/** Stores a DAG-PB node. */
export async function putNode(store: ArtifactStore, data: Uint8Array | undefined, links: PBLink[] = []): Promise<CID> {
  const sorted = links.toSorted((a, b) => Buffer.compare(Buffer.from(a.Name ?? ""), Buffer.from(b.Name ?? "")))
  const block = encode(data === undefined ? { Links: sorted } : { Data: data, Links: sorted })
  const cid = cidOf(DAG_PB, block)
  await store.put(cid, block)
  return cid
}

/** Stores a folder as it is, whatever its links are. */
export function putFolder(store: ArtifactStore, ...links: PBLink[]): Promise<CID> {
  return putNode(store, unixfs(TYPE.directory), links)
}

/** Stores a raw block. */
export async function putRaw(store: ArtifactStore, content: Uint8Array): Promise<CID> {
  const cid = cidOf(RAW, content)
  await store.put(cid, content)
  return cid
}

function varint(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) | 128)
  }
}
