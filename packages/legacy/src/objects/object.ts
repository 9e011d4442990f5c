import { bytesEqual, nodeIdOf, type SignedObject } from "@spore/records"
import { refuse } from "../errors.ts"
import { parsePythonJson, type PyObject } from "../python-json/index.ts"
import { parseKey } from "../signature/hex.ts"
import { verifyLegacySignature, verifyLegacySignatureAsync } from "../signature/verify.ts"
import { bodyOf, type LegacyBodyOf } from "./bodies.ts"
import { asObject, canonicalBytes, completeFields, legacyId } from "./canonical.ts"
import { familyOf, isLegacyKind, LEGACY_KINDS, type LegacyKind, typeOfKind } from "./families.ts"

/** An object of one kind of the 0.6 network, with the bytes that were signed. */
export interface LegacyObjectOf<K extends LegacyKind> extends SignedObject {
  /** sha-256 of `payload`, in hex. */
  readonly id: string
  readonly kind: K
  /** The canonical bytes. */
  readonly payload: Uint8Array
  /** 64 bytes. */
  readonly signature: Uint8Array
  readonly body: LegacyBodyOf[K]
  readonly publicKey: Uint8Array
  /** Node id of the key, however it is spelt in the object. */
  readonly author: string
  /** Unix seconds. */
  readonly created: number
}

/** An object of the 0.6 network, discriminated by `kind`. */
export type LegacyObject = { [K in LegacyKind]: LegacyObjectOf<K> }[LegacyKind]

/**
 * Gives back what was stored: kind, canonical bytes and signature. The signature is not checked.
 *
 * @throws SporeError with a LegacyErrorCode; `bad_encoding` where the bytes are not canonical
 */
export function parseLegacy(kind: string, payload: Uint8Array, signature: Uint8Array): LegacyObject {
  if (!isLegacyKind(kind)) throw refuse("unknown_type", `none of ${LEGACY_KINDS.join(", ")}`)
  const type = typeOfKind(kind)
  checkSize(kind, payload)
  if (signature.length !== 64) throw refuse("bad_signature", "a signature has 64 bytes")
  const signed = asObject(parsePythonJson(payload))
  // Whatever else could be written (order, spaces, fields that are not signed) does not survive being written again.
  if (!bytesEqual(canonicalBytes(type, completeFields(type, signed)), payload)) {
    throw refuse("bad_encoding", "not the canonical bytes of an object")
  }
  return objectFrom(kind, signed, payload, signature)
}

/**
 * The whole stateless step of validity for an object in parts: canonical bytes, schema, signature.
 *
 * @throws SporeError with a LegacyErrorCode
 */
export function openLegacyParts(kind: string, payload: Uint8Array, signature: Uint8Array): LegacyObject {
  const object = parseLegacy(kind, payload, signature)
  if (!verifyLegacy(object)) throw badSignature()
  return object
}

/** As `openLegacyParts`, with the signature checked off the event loop. */
export async function openLegacyPartsAsync(
  kind: string,
  payload: Uint8Array,
  signature: Uint8Array,
): Promise<LegacyObject> {
  const object = parseLegacy(kind, payload, signature)
  if (!(await verifyLegacySignatureAsync(object.publicKey, payload, signature))) throw badSignature()
  return object
}

/** Whether the signature is valid by 0.6's own rule. */
export function verifyLegacy(object: LegacyObject): boolean {
  return verifyLegacySignature(object.publicKey, object.payload, object.signature)
}

/** Makes the object of fields whose canonical bytes are known. */
export function objectFrom(
  kind: LegacyKind,
  signed: PyObject,
  payload: Uint8Array,
  signature: Uint8Array,
): LegacyObject {
  checkSize(kind, payload)
  const body = bodyOf(kind, signed)
  const publicKey = parseKey("created_by" in body ? body.created_by : body.node_id)
  if (publicKey === null) throw refuse("bad_key", "expected an Ed25519 key in hex")
  const author = nodeIdOf(publicKey)
  const object = { id: legacyId(payload), kind, payload, signature, body, publicKey, author, created: body.timestamp }
  // `kind` and `body` belong together, which the compiler cannot follow through the lookup.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return object as LegacyObject
}

export function badSignature(): Error {
  return refuse("bad_signature", "the signature does not fit payload and key")
}

function checkSize(kind: LegacyKind, payload: Uint8Array): void {
  const { maxPayload } = familyOf(typeOfKind(kind))
  if (payload.length > maxPayload) {
    throw refuse("too_large", `${kind} of ${payload.length} bytes, limit ${maxPayload}`)
  }
}
