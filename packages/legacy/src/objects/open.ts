import { refuse } from "../errors.ts"
import { type LegacyType, typeOfKind } from "./families.ts"
import { badSignature, type LegacyObject, objectFrom, verifyLegacy } from "./object.ts"
import { readWireObject, type WireObject } from "./read.ts"

/**
 * Opens an object as it came over the wire: the whole stateless step of validity (encoding, id, schema, limits, signer,
 * signature).
 *
 * @param json a message `{type, payload}`, or a payload alone
 * @param type what the payload is; needed only where its fields could be of several types
 * @throws SporeError with a LegacyErrorCode
 */
export function openLegacy(json: string | Uint8Array, type?: LegacyType): LegacyObject {
  const wire = readWireObject(json, type)
  const object = acceptable(wire)
  if (!verifyLegacy(object)) throw badSignature()
  return object
}

/** The object of what was read, all but its signature checked. */
export function acceptable(wire: WireObject): LegacyObject {
  if (typeOfKind(wire.kind) !== wire.label)
    throw refuse("wrong_type", `a ${typeOfKind(wire.kind)} sent as a ${wire.label}`)
  if (!wire.idOk) throw refuse("bad_id", "the id is not the hash of the object")
  if (wire.signature === null) throw refuse("bad_signature", "not 64 bytes in hex")
  return objectFrom(wire.kind, wire.fields, wire.canonical, wire.signature)
}
