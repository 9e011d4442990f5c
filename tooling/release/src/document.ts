import { Metadata, MetadataKind, type Root, type Snapshot, type Targets, type Timestamp } from "@tufjs/models"
import { messageOf } from "@spore/records"
import { z } from "zod"
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

const dataSchema = z.record(z.string(), z.json())
const kindSchema = z.object({ signed: z.object({ _type: z.enum(MetadataKind) }) })

/** @throws SporeError `bad_document` */
export function decode(bytes: Uint8Array): Document {
  try {
    const data = dataSchema.parse(JSON.parse(Buffer.from(bytes).toString("utf8")))
    const kind = kindSchema.parse(data).signed["_type"]
    switch (kind) {
      case MetadataKind.Root:
        return Metadata.fromJSON(kind, data)
      case MetadataKind.Targets:
        return Metadata.fromJSON(kind, data)
      case MetadataKind.Snapshot:
        return Metadata.fromJSON(kind, data)
      case MetadataKind.Timestamp:
        return Metadata.fromJSON(kind, data)
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
