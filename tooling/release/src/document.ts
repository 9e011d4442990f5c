import { Metadata, MetadataKind, type Root, type Snapshot, type Targets, type Timestamp } from "@tufjs/models"
import { messageOf } from "@spore/records"
import { problem } from "./errors.ts"
import { type ReleaseKey, signerOf } from "./keys.ts"

export type Signed = Root | Targets | Snapshot | Timestamp
export type Document<T extends Signed = Signed> = Metadata<T>

/** Of the TUF specification. */
const SPEC_VERSION = "1.0.31"
export const DAY_SECONDS = 86_400

/** Fields that every document has. `issued` is ours: a client whose clock is behind it knows that. */
export function common(
  version: number,
  now: number,
  seconds: number,
): {
  specVersion: string
  version: number
  expires: string
  unrecognizedFields: { issued: string }
} {
  return {
    specVersion: SPEC_VERSION,
    version,
    expires: timeText(now + seconds * 1000),
    unrecognizedFields: { issued: timeText(now) },
  }
}

/** The document with the signatures of those of these keys whose private half is here. */
export function signed<T extends Signed>(content: T, keys: readonly ReleaseKey[]): Document<T> {
  const document = new Metadata<T>(content)
  addSignatures(document, keys)
  return document
}

export function addSignatures(document: Document, keys: readonly ReleaseKey[]): void {
  for (const key of keys) {
    const signer = signerOf(key)
    if (signer !== null) document.sign(signer)
  }
}

export function encode(document: Document): Buffer {
  return Buffer.from(`${JSON.stringify(document.toJSON(), null, 1)}\n`)
}

/** @throws SporeError `bad_document` */
export function decode(bytes: Uint8Array): Document {
  try {
    // Checked field by field by each of the readers below.
    const data = JSON.parse(Buffer.from(bytes).toString("utf8"))
    switch (data?.signed?._type) {
      case "root":
        return Metadata.fromJSON(MetadataKind.Root, data)
      case "targets":
        return Metadata.fromJSON(MetadataKind.Targets, data)
      case "snapshot":
        return Metadata.fromJSON(MetadataKind.Snapshot, data)
      case "timestamp":
        return Metadata.fromJSON(MetadataKind.Timestamp, data)
      default:
        throw problem("bad_document", "of none of the four kinds")
    }
  } catch (error) {
    throw problem("bad_document", `not a document of a channel: ${messageOf(error)}`)
  }
}

export function isOf<T extends Signed>(document: Document, kind: new (...init: never[]) => T): document is Document<T> {
  return document.signed instanceof kind
}

/** As the specification writes times: to the second. */
export function timeText(unixMilliseconds: number): string {
  return new Date(unixMilliseconds).toISOString().replace(/\.\d+Z$/, "Z")
}

/** Documents of the same content as one, with the signatures of all. @throws SporeError `bad_document` */
export function merged(documents: readonly Document[]): Document[] {
  const result: Document[] = []
  for (const document of documents) {
    const same = result.find((one) => one.signed.type === document.signed.type)
    if (same === undefined) result.push(document)
    else if (encode(new Metadata(same.signed)).equals(encode(new Metadata(document.signed)))) {
      Object.assign(same.signatures, document.signatures)
    } else throw problem("bad_document", `there are two different documents of ${document.signed.type}`)
  }
  return result
}
