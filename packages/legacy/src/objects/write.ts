import { createIdentity, toHex } from "@spore/records"
import { parsePythonJson, printPythonJson, type PyJson, type PyObject, pyObject } from "../python-json/index.ts"
import { asObject, canonicalBytes, completeFields, legacyId } from "./canonical.ts"
import { familyOf, isControlType, type LegacyKind, typeOfKind } from "./families.ts"
import { type LegacyObject, objectFrom } from "./object.ts"

/**
 * Fields to sign, by the names of the wire. A `bigint` is written as an int, a `number` as a float: `timestamp:
 * 1760000000n`, `val_bpb: 0.9`. A control event's payload is made with `pyObject`.
 */
export type LegacyFields = Readonly<Record<string, PyJson>>

/**
 * Signs an object as 0.6 did. The key's field is filled in, a control event's type, and an experiment's version: 2
 * where it has a task, else 1.
 *
 * @param seed 32 bytes
 * @throws SporeError with a LegacyErrorCode for what `openLegacy` would refuse
 */
export function signLegacy(seed: Uint8Array, kind: LegacyKind, fields: LegacyFields): LegacyObject {
  const { payload, signature, signed } = signFields(seed, kind, fields)
  return objectFrom(kind, signed, payload, signature)
}

/** As `signLegacy`, for whatever 0.6 would sign, poison too. */
export function signFields(
  seed: Uint8Array,
  kind: LegacyKind,
  fields: LegacyFields,
): { payload: Uint8Array; signature: Uint8Array; signed: PyObject } {
  const type = typeOfKind(kind)
  const identity = createIdentity(seed)
  const own: Record<string, PyJson> = { [familyOf(type).keyField]: toHex(identity.publicKey) }
  if (isControlType(type)) own["type"] = type
  if (type === "experiment") own["version"] = fields["task_id"] === undefined ? 1n : 2n
  const payload = canonicalBytes(type, completeFields(type, pyObject({ ...own, ...fields })))
  return { payload, signature: identity.sign(payload), signed: asObject(parsePythonJson(payload)) }
}

/**
 * The object as 0.6 writes it: the payload of its message. The task of an experiment before version 2 is left empty,
 * as nobody signed one; members of a control event's payload are sorted, which 0.6 does not mind.
 */
export function toWire(object: Pick<LegacyObject, "kind" | "payload" | "signature">): string {
  const type = typeOfKind(object.kind)
  const { order, idField } = familyOf(type)
  const fields = completeFields(type, parsePythonJson(object.payload))
  fields.set("signature", toHex(object.signature)).set(idField, legacyId(object.payload))
  if (order === null) return printPythonJson(fields, "sorted")
  return printPythonJson(new Map(order.map((name) => [name, fields.get(name) ?? null])), "given")
}
