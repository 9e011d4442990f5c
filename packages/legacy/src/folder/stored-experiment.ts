import { refuse } from "../errors.ts"
import { canonicalBytes, completeFields, legacyId } from "../objects/canonical.ts"
import { familyOf } from "../objects/families.ts"
import { type LegacyObject, objectFrom } from "../objects/object.ts"
import type { PyJson, PyObject } from "../python-json/index.ts"
import { parseSignature } from "../signature/hex.ts"
import type { Row } from "./database.ts"

/** Columns of type REAL: SQLite turned a whole number into a float, and −0.0 into 0.0. */
const REAL_COLUMNS = ["val_bpb", "peak_vram_mb"]
/** Columns of type INTEGER: SQLite turned a float without a fraction into an int. */
const INTEGER_COLUMNS = ["depth", "time_budget", "num_steps", "num_params", "version"]

/**
 * The experiment that a row was made of. Where its id does not verify, the numbers are read as what SQLite's column
 * types may have changed, at most two of them, until it does.
 *
 * @throws SporeError `bad_id` where no reading gives the id
 */
export function experimentOf(row: Row): LegacyObject {
  const fields = completeFields("experiment", fieldsOf(row, "experiment"))
  for (const reading of readings(fields)) {
    const payload = canonicalBytes("experiment", reading)
    if (legacyId(payload) === row["id"]) return signedObject("legacy_experiment", reading, payload)
  }
  throw refuse("bad_id", "the id is not the hash of what is stored, however its numbers are read")
}

/** The profile that a row was made of. */
export function profileOf(row: Row): LegacyObject {
  const fields = completeFields("profile", fieldsOf(row, "profile"))
  const payload = canonicalBytes("profile", fields)
  if (legacyId(payload) !== row["id"]) throw refuse("bad_id", "the id is not the hash of what is stored")
  return signedObject("legacy_profile", fields, payload)
}

function signedObject(
  kind: "legacy_experiment" | "legacy_profile",
  fields: PyObject,
  payload: Uint8Array,
): LegacyObject {
  const text = fields.get("signature")
  const signature = typeof text === "string" ? parseSignature(text) : null
  if (signature === null) throw refuse("bad_signature", "not 64 bytes in hex")
  return objectFrom(kind, fields, payload, signature)
}

/** The columns that are fields, as Python's values. */
function fieldsOf(row: Row, type: "experiment" | "profile"): PyObject {
  const { required, defaults } = familyOf(type)
  const fields: PyObject = new Map()
  for (const name of [...required, ...Object.keys(defaults)]) {
    const value = row[name]
    if (value instanceof Uint8Array) throw refuse("bad_schema", `${name} holds bytes`)
    if (value !== undefined) fields.set(name, value)
  }
  return fields
}

/** The fields as stored, then with one number read otherwise, then with two. */
function* readings(fields: PyObject): Generator<PyObject> {
  const changes = [...REAL_COLUMNS, ...INTEGER_COLUMNS].flatMap((name) =>
    otherReadings(name, fields.get(name)).map((value): [string, PyJson] => [name, value]),
  )
  yield fields
  for (const change of changes) yield new Map([...fields, change])
  for (const [index, change] of changes.entries()) {
    for (const second of changes.slice(index + 1)) yield new Map([...fields, change, second])
  }
}

function otherReadings(name: string, stored: PyJson | undefined): PyJson[] {
  if (typeof stored === "bigint") return INTEGER_COLUMNS.includes(name) ? [Number(stored)] : []
  if (typeof stored !== "number" || !Number.isInteger(stored) || !REAL_COLUMNS.includes(name)) return []
  return stored === 0 ? [0n, -0] : [BigInt(stored)]
}
