import { messageOf, SporeError } from "@spore/records"
import { parseKey } from "../signature/hex.ts"
import { verifyLegacySignature } from "../signature/verify.ts"
import { familyOf, type LegacyKind, typeOfKind } from "./families.ts"
import { badSignature } from "./object.ts"
import { acceptable } from "./open.ts"
import { readWireObject, type WireObject } from "./read.ts"

/** What there is to say of one object of the 0.6 network. */
export interface LegacyInspection {
  /** Null where the object could not be read. */
  readonly kind: LegacyKind | null
  /** The hash of its canonical bytes; null where it could not be read. */
  readonly id: string | null
  /** Whether the id it carries is that hash. */
  readonly idOk: boolean
  /** Whether its signature is valid by 0.6's rule, whatever else is wrong with it. */
  readonly signatureOk: boolean
  /** Whether this implementation takes it. */
  readonly accepted: boolean
  /** Why not: a stable code, a colon and words for people; null where it is accepted. */
  readonly reason: string | null
  /** The bytes that are hashed and signed, in base64. */
  readonly canonicalBase64: string | null
}

/** Says what is right and wrong with an object, one wire JSON. Never throws. */
export function inspectLegacy(line: string | Uint8Array): LegacyInspection {
  let wire: WireObject
  try {
    wire = readWireObject(line)
  } catch (error) {
    const reason = reasonOf(error)
    return { kind: null, id: null, idOk: false, signatureOk: false, accepted: false, reason, canonicalBase64: null }
  }
  const { kind, id, idOk, canonical } = wire
  const signed = signatureOk(wire)
  const reason = faultOf(wire, signed)
  const canonicalBase64 = Buffer.from(canonical).toString("base64")
  return { kind, id, idOk, signatureOk: signed, accepted: reason === null, reason, canonicalBase64 }
}

function faultOf(wire: WireObject, signed: boolean): string | null {
  try {
    acceptable(wire)
    return signed ? null : reasonOf(badSignature())
  } catch (error) {
    return reasonOf(error)
  }
}

function signatureOk({ kind, fields, canonical, signature }: WireObject): boolean {
  const spelt = fields.get(familyOf(typeOfKind(kind)).keyField)
  const key = typeof spelt === "string" ? parseKey(spelt) : null
  return key !== null && signature !== null && verifyLegacySignature(key, canonical, signature)
}

function reasonOf(error: unknown): string {
  return error instanceof SporeError ? `${error.code}: ${error.message}` : messageOf(error)
}
