import { decodeCanonical, encodeCanonical } from "./encoding.ts"
import { badSignature, joinEnvelope, MAX_FRAMING, notAnEnvelope, SIGNATURE_BYTES, splitEnvelope } from "./envelope.ts"
import { type CID, cidOf, DAG_CBOR, linkText } from "./cid.ts"
import { excerpt, type RecordErrorCode, SporeError } from "./errors.ts"
import type { Identity } from "./keys.ts"
import { type BodyOf, type Kind, KINDS, MAX_PAYLOAD, maxPayload, schemas } from "./schema/index.ts"
import { isSmallOrder, signedMessage, verifySignature, verifySignatureAsync } from "./signature.ts"

/** Largest envelope of any kind, in bytes. */
export const MAX_ENVELOPE: number = MAX_PAYLOAD + MAX_FRAMING

/** A signed object: its decoded body beside the bytes as they came. */
export interface SporeRecord<K extends Kind = Kind> {
  /** Text form of `cid`. */
  readonly id: string
  readonly cid: CID
  readonly kind: K
  readonly body: BodyOf[K]
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}

/** A record of any one kind, discriminated by `kind`. */
export type AnyRecord = { [K in Kind]: SporeRecord<K> }[Kind]

/** Signs a body and gives the record. The author is the identity's key. */
export function signRecord<K extends Kind>(
  identity: Identity,
  kind: K,
  fields: Omit<BodyOf[K], "kind" | "v" | "author">,
): SporeRecord<K> {
  const payload = encodeCanonical({ ...fields, kind, v: 1, author: identity.publicKey })
  const signature = identity.sign(signedMessage(kind, payload))
  const record = parseRecord(payload, signature)
  if (!isKind(record, kind)) throw new SporeError<RecordErrorCode>("unknown_kind", `not a ${kind}`)
  return record
}

/** `[payload, signature]` as canonical DAG-CBOR. */
export function encodeEnvelope(record: Pick<SporeRecord, "payload" | "signature">): Uint8Array {
  return joinEnvelope(record)
}

/**
 * Opens an envelope: the whole stateless step of validity (size, encoding, schema, author, signature). The record
 * shares the memory of the envelope, which must not change.
 *
 * @throws SporeError with a RecordErrorCode; `unknown_kind` for kinds and versions of newer nodes
 */
export function openEnvelope(envelope: Uint8Array): AnyRecord {
  const record = parseEnvelope(envelope)
  if (!verifySignature(record.body.author, signedMessage(record.kind, record.payload), record.signature)) {
    throw badSignature()
  }
  return record
}

/** As `openEnvelope`, with the signature checked off the event loop. */
export async function openEnvelopeAsync(envelope: Uint8Array): Promise<AnyRecord> {
  const record = parseEnvelope(envelope)
  const message = signedMessage(record.kind, record.payload)
  if (!(await verifySignatureAsync(record.body.author, message, record.signature))) throw badSignature()
  return record
}

/** Reads an envelope whose signature was checked before it was stored. The record shares its memory. */
export function parseEnvelope(envelope: Uint8Array): AnyRecord {
  if (envelope.length > MAX_ENVELOPE) throw tooLarge("envelope", envelope.length, MAX_ENVELOPE)
  const { payload, signature } = splitEnvelope(envelope)
  return parseRecord(payload, signature)
}

/** Reads a payload by its schema, without checking the signature. */
export function parseRecord(payload: Uint8Array, signature: Uint8Array): AnyRecord {
  if (signature.length !== SIGNATURE_BYTES) throw notAnEnvelope()
  if (payload.length > MAX_PAYLOAD) throw tooLarge("payload", payload.length, MAX_PAYLOAD)
  const value = decodeCanonical(payload)
  const kind = kindOf(value)
  if (payload.length > maxPayload(kind)) throw tooLarge(`${kind} payload`, payload.length, maxPayload(kind))
  const parsed = schemas[kind].safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const where = excerpt(issue?.path.join(".") ?? "")
    const reason = excerpt(issue?.message ?? "")
    throw new SporeError<RecordErrorCode>("bad_schema", `${kind}: ${where === "" ? "" : `${where}: `}${reason}`)
  }
  if (isSmallOrder(parsed.data.author)) {
    throw new SporeError<RecordErrorCode>("bad_author", "the author key has small order")
  }
  const cid = cidOf(DAG_CBOR, payload)
  // `kind` and `body` come from the same schema entry, which the compiler cannot follow through the lookup.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { id: linkText(cid), cid, kind, body: parsed.data, payload, signature } as AnyRecord
}

/** Narrows a record to one kind. */
export function isKind<K extends Kind>(record: SporeRecord | AnyRecord, kind: K): record is SporeRecord<K> {
  return record.kind === kind
}

function kindOf(value: unknown): Kind {
  if (typeof value !== "object" || value === null || !("kind" in value) || !("v" in value)) {
    throw new SporeError<RecordErrorCode>("bad_schema", "expected a map with kind and v")
  }
  const kind = KINDS.find((known) => known === value.kind)
  if (kind === undefined || value.v !== 1) {
    throw new SporeError<RecordErrorCode>("unknown_kind", "a kind or version this node does not know")
  }
  return kind
}

function tooLarge(what: string, size: number, limit: number): SporeError<RecordErrorCode> {
  return new SporeError("too_large", `${what} of ${size} bytes, limit ${limit}`)
}
