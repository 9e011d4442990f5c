import { sha256 } from "#native"
import { excerpt, toHex } from "@spore/records"
import { refuse } from "../errors.ts"
import { type PyJson, type PyObject, printPythonJson } from "../python-json/index.ts"
import { type Family, familyOf, type LegacyType, TASK_SIGNED_SINCE } from "./families.ts"

/**
 * The fields of an object as received, with defaults for what is missing. 0.6 also took a list of pairs for an object.
 *
 * @throws SporeError `bad_schema` for a field that is missing or unknown
 */
export function completeFields(type: LegacyType, value: PyJson): PyObject {
  const family = familyOf(type)
  const given = asObject(value)
  for (const name of given.keys()) {
    if (!family.required.has(name) && !Object.hasOwn(family.defaults, name)) {
      throw refuse("bad_schema", `unknown field ${excerpt(name)}`)
    }
  }
  for (const name of family.required) if (!given.has(name)) throw refuse("bad_schema", `no field ${name}`)
  return new Map([...Object.entries(family.defaults), ...given])
}

/** The value as an object; a list of pairs is one too, as for Python's `dict`. */
export function asObject(value: PyJson): PyObject {
  if (value instanceof Map) return value
  const members: PyObject = new Map()
  for (const pair of Array.isArray(value) ? value : [null]) {
    const [key, member] = Array.isArray(pair) ? pair : []
    if (typeof key !== "string" || member === undefined || !Array.isArray(pair) || pair.length !== 2) {
      throw refuse("bad_schema", "not an object")
    }
    members.set(key, member)
  }
  return members
}

/**
 * The signed bytes: all fields but id and signature, sorted by code point, and without the task of an experiment
 * before version 2.
 */
export function canonicalBytes(type: LegacyType, fields: PyObject): Uint8Array {
  const family = familyOf(type)
  const signed = new Map(fields)
  signed.delete("signature")
  signed.delete(family.idField)
  if (type === "experiment" && !signsTask(family, fields)) signed.delete("task_id")
  return new TextEncoder().encode(printPythonJson(signed, "sorted"))
}

/**
 * Whether an experiment's task is among what it signs.
 *
 * @throws SporeError `bad_schema` for a version that is no number
 */
function signsTask({ versionField }: Family, fields: PyObject): boolean {
  const version = fields.get(versionField)
  if (typeof version !== "bigint" && typeof version !== "number") throw refuse("bad_schema", "version is no number")
  // Python's comparison: of NaN it is false, and the task stays.
  return !(version < TASK_SIGNED_SINCE)
}

/** The id of an object: the sha-256 of its canonical bytes, in hex. */
export function legacyId(canonical: Uint8Array): string {
  return toHex(sha256(canonical))
}
