/**
 * How Spore's facts lie in a CAR (version 1): pages of at most 512 signed objects, each page followed by the payloads
 * it lists and the artifact blocks they name; last the root, which links to all pages. Every block is linked from the
 * root, so that IPFS tools can carry the whole.
 *
 * @packageDocumentation
 */
import { JSON_CODEC } from "@spore/legacy"
import { asCid, type CID, DAG_CBOR, decodeCanonical, encodeCanonical, isLink } from "@spore/records"
import { z } from "zod"

/** Signed objects listed by one page. */
export const PAGE_LENGTH = 512
const SHA2_256 = 0x12
/** The codec takes two bytes of them. */
const JSON_LINK_BYTES = 5 + 32

/** A signed object as a page lists it; its payload is the block of that id. */
export interface PageEntry {
  readonly cid: CID
  readonly signature: Uint8Array
  readonly kind: string
}

/** A block that is no payload. */
export type Frame = { readonly type: "page"; readonly entries: readonly PageEntry[] } | { readonly type: "root" }

const payloadLink = z.custom<CID>((value) => {
  const cid = asCid(value)
  return cid !== null && isPayloadLink(cid)
})
const signature = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === 64)
const pageSchema = z.strictObject({
  version: z.literal(1),
  envelopes: z.array(z.tuple([payloadLink, signature, z.string().max(64)])).max(PAGE_LENGTH),
})
const rootSchema = z.strictObject({
  version: z.literal(1),
  pages: z.array(z.custom<CID>((value) => asCid(value) !== null)),
})

/** Whether `cid` may name a payload: of this network, or, of the codec json, of the 0.6 network. */
export function isPayloadLink(cid: CID): boolean {
  const { version, code, multihash, bytes } = cid
  const isJson = version === 1 && code === JSON_CODEC && multihash.code === SHA2_256 && bytes.length === JSON_LINK_BYTES
  return isJson || isLink(cid, [DAG_CBOR])
}

export function encodePage(entries: readonly PageEntry[]): Uint8Array {
  return encodeCanonical({ version: 1, envelopes: entries.map((entry) => [entry.cid, entry.signature, entry.kind]) })
}

export function encodeRoot(pages: readonly CID[]): Uint8Array {
  return encodeCanonical({ version: 1, pages: [...pages] })
}

/** A block as page or root; null where it is neither. */
export function readFrame(block: Uint8Array): Frame | null {
  let value: unknown
  try {
    value = decodeCanonical(block)
  } catch {
    return null
  }
  const page = pageSchema.safeParse(value)
  if (page.success) {
    return { type: "page", entries: page.data.envelopes.map(([cid, sig, kind]) => ({ cid, signature: sig, kind })) }
  }
  return rootSchema.safeParse(value).success ? { type: "root" } : null
}
