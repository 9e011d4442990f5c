import { CID, fromHex, RAW } from "@spore/records"
import * as Digest from "multiformats/hashes/digest"

/** Multicodec of JSON: objects of the 0.6 network. */
export const JSON_CODEC = 0x0200
const SHA2_256 = 0x12

/** Whether `text` is an id as 0.6 writes it: 64 lower-case hex digits. */
export function isLegacyId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}

/** CIDv1 (json) of the same digest, as text: how an object of the 0.6 network is shown to IPFS tools. */
export function legacyLink(idHex: string): string {
  return linkOf(JSON_CODEC, idHex)
}

/** CIDv1 (raw) of the same digest, as text: the link of an artifact that 0.6 names by its sha-256 in hex. */
export function legacyCodeLink(codeHex: string): string {
  return linkOf(RAW, codeHex)
}

function linkOf(codec: number, hex: string): string {
  const digest = isLegacyId(hex) ? fromHex(hex) : null
  if (digest === null) throw new TypeError("expected 64 lower-case hex digits")
  return CID.createV1(codec, Digest.create(SHA2_256, digest)).toString()
}
