import { excerpt } from "@spore/records"
import { refuse } from "../errors.ts"
import { parsePythonJson, type PyJson, type PyObject } from "../python-json/index.ts"
import { parseSignature } from "../signature/hex.ts"
import { asObject, canonicalBytes, completeFields, legacyId } from "./canonical.ts"
import { familyOf, isControlType, isLegacyType, type LegacyKind, type LegacyType } from "./families.ts"

/** Most bytes of the JSON text of one object; its canonical bytes have a limit of their own. */
export const MAX_LEGACY_JSON: number = 4 * 1024 * 1024

/** An object as read from its JSON: what it claims, and what follows from its bytes. Nothing is checked yet. */
export interface WireObject {
  readonly kind: LegacyKind
  /** The type it was sent as. */
  readonly label: LegacyType
  readonly fields: PyObject
  /** The bytes it should have signed. */
  readonly canonical: Uint8Array
  /** Their hash. */
  readonly id: string
  /** Whether the id it carries is that hash. */
  readonly idOk: boolean
  /** The signature it carries; null where it is none. */
  readonly signature: Uint8Array | null
}

/**
 * Reads one object: a message `{type, payload}` of the wire, or a payload alone, of the type given or else of the one
 * that its fields tell.
 *
 * @throws SporeError `bad_json`, `too_deep`, `too_large`, `unknown_type`, `wrong_type`, `bad_schema`
 */
export function readWireObject(json: string | Uint8Array, type?: LegacyType): WireObject {
  if (json.length > MAX_LEGACY_JSON) throw refuse("too_large", `an object of ${json.length} bytes`)
  const value = parsePythonJson(json)
  const message = asMessage(value)
  if (message === null) return readPayload(value, type ?? typeOf(asObject(value)))
  if (!isLegacyType(message.type)) throw refuse("unknown_type", `a message of type ${excerpt(message.type)}`)
  if (type !== undefined && type !== message.type) throw refuse("wrong_type", `${message.type}, expected ${type}`)
  return readPayload(message.payload, message.type)
}

function readPayload(value: PyJson, type: LegacyType): WireObject {
  const fields = completeFields(type, value)
  const canonical = canonicalBytes(type, fields)
  const id = legacyId(canonical)
  const signature = fields.get("signature")
  return {
    kind: `legacy_${signedType(type, fields)}`,
    label: type,
    fields,
    canonical,
    id,
    // Exactly: an id in capitals is another text.
    idOk: fields.get(familyOf(type).idField) === id,
    signature: typeof signature === "string" ? parseSignature(signature) : null,
  }
}

/** Control events sign their type; of the others the message tells it. */
function signedType(label: LegacyType, fields: PyObject): LegacyType {
  const type = fields.get("type")
  return isControlType(label) && typeof type === "string" && isControlType(type) ? type : label
}

/** `{type, payload}`; null for anything else. A control event has these fields too, but is signed by a `node_id`. */
function asMessage(value: PyJson): { type: string; payload: PyJson } | null {
  if (!(value instanceof Map) || value.has("node_id")) return null
  const type = value.get("type")
  const payload = value.get("payload")
  return typeof type === "string" && payload !== undefined ? { type, payload } : null
}

/** The type of a payload that comes without its message. */
function typeOf(fields: PyObject): LegacyType {
  const type = fields.get("type")
  if (typeof type === "string" && isControlType(type)) return type
  if (fields.has("val_bpb")) return "experiment"
  if (fields.has("created_by")) return "task"
  if (fields.has("node_id") && !fields.has("type")) return "profile"
  throw refuse("unknown_type", "none of the objects of the 0.6 network")
}
