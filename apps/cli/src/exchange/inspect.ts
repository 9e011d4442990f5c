import { type LegacyInspection, openLegacyParts, parseLegacy, verifyLegacy } from "@spore/legacy"
import {
  cidOf,
  DAG_CBOR,
  decodeCanonical,
  excerpt,
  linkText,
  MAX_ENVELOPE,
  messageOf,
  parseEnvelope,
  type RecordErrorCode,
  signedMessage,
  SporeError,
  verifySignature,
} from "@spore/records"
import type { FiledObject } from "./object-line.ts"

/** What there is to say of one signed object. */
export type Inspection = Omit<LegacyInspection, "kind"> & { readonly kind: string | null }

/** Says what is right and wrong with a signed object. Never throws. */
export function inspectObject(filed: FiledObject): Inspection {
  try {
    return filed.form === "envelope" ? inspectEnvelope(filed.envelope, filed.id) : inspectLegacyParts(filed)
  } catch (error) {
    return unreadable(error)
  }
}

/** An object of which nothing can be told but why. */
export function unreadable(error: unknown): Inspection {
  return {
    kind: null,
    id: null,
    idOk: false,
    signatureOk: false,
    accepted: false,
    reason: reasonOf(error),
    canonicalBase64: null,
  }
}

/** @param claimed the id it came with, if any */
function inspectEnvelope(envelope: Uint8Array, claimed: string | null): Inspection {
  const { payload, signature, fields } = readParts(envelope)
  const { kind, author } = fields
  const id = linkText(cidOf(DAG_CBOR, payload))
  const idOk = claimed === null || claimed === id
  const isSigned =
    typeof kind === "string" &&
    author instanceof Uint8Array &&
    author.length === 32 &&
    verifySignature(author, signedMessage(kind, payload), signature)
  const reason =
    faultOf(() => parseEnvelope(envelope)) ??
    (isSigned ? null : "bad_signature: the signature does not fit payload and author") ??
    (idOk ? null : `bad_id: the id is ${id}`)
  return {
    kind: typeof kind === "string" ? excerpt(kind) : null,
    id,
    idOk,
    signatureOk: isSigned,
    accepted: reason === null,
    reason,
    canonicalBase64: Buffer.from(payload).toString("base64"),
  }
}

interface Parts {
  readonly payload: Uint8Array
  readonly signature: Uint8Array
  /** Of the payload, where it is a map. */
  readonly fields: { readonly kind?: unknown; readonly author?: unknown }
}

/** The parts of an envelope and the fields of its payload, as far as its encoding goes. */
function readParts(envelope: Uint8Array): Parts {
  if (envelope.length > MAX_ENVELOPE) throw refuse("too_large", `envelope of ${envelope.length} bytes`)
  const value = decodeCanonical(envelope)
  const parts: readonly unknown[] = Array.isArray(value) && value.length === 2 ? value : []
  const [payload, signature] = parts
  if (!(payload instanceof Uint8Array && signature instanceof Uint8Array)) {
    throw refuse("bad_envelope", "expected [payload, 64-byte signature]")
  }
  const decoded = decodeCanonical(payload)
  return { payload, signature, fields: typeof decoded === "object" && decoded !== null ? decoded : {} }
}

function inspectLegacyParts({ kind, id, payload, signature }: FiledObject & { form: "legacy" }): Inspection {
  const object = parseLegacy(kind, payload, signature)
  const idOk = id === null || id === object.id
  const reason =
    faultOf(() => openLegacyParts(kind, payload, signature)) ?? (idOk ? null : `bad_id: the id is ${object.id}`)
  return {
    kind: object.kind,
    id: object.id,
    idOk,
    signatureOk: verifyLegacy(object),
    accepted: reason === null,
    reason,
    canonicalBase64: Buffer.from(payload).toString("base64"),
  }
}

function faultOf(check: () => unknown): string | null {
  try {
    check()
    return null
  } catch (error) {
    return reasonOf(error)
  }
}

function reasonOf(error: unknown): string {
  return error instanceof SporeError ? `${error.code}: ${error.message}` : messageOf(error)
}

function refuse(code: RecordErrorCode, message: string): SporeError<RecordErrorCode> {
  return new SporeError(code, message)
}
