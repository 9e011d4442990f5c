import { createHash } from "node:crypto"
import { describe, expect, test } from "vitest"
import {
  encodeFrame,
  encodeObjectFrame,
  inspectLegacy,
  openLegacy,
  parseLegacy,
  takeFrame,
  toWire,
} from "../src/index.ts"
import { vectors } from "./fixtures.ts"

/** What 0.6 signed, and mostly took, but is poison by our rules. */
const POISON: Readonly<Record<string, string>> = {
  "type/timestamp 2**62": "bad_timestamp",
  "type/timestamp string": "bad_timestamp",
  "type/num_steps true": "bad_schema",
  "type/val_bpb string": "bad_schema",
  "type/val_bpb null": "bad_schema",
  "type/description int": "bad_schema",
  "type/description dict": "bad_schema",
  "nonfinite/v2/peak_vram=NaN": "not_finite",
  "nonfinite/v2/peak_vram=Infinity": "not_finite",
  "nonfinite/v2/peak_vram=-Infinity": "not_finite",
  "str/v2/diff+hyp:lone_high": "bad_text",
  "str/v2/diff+hyp:lone_low": "bad_text",
  "str/v2/diff+hyp:swapped": "bad_text",
  "str/v2/diff+hyp:surrogate pair via escapes": "bad_text",
  "lineage/v2 empty task_id, known parent (raises: CID mismatch after normalise)": "no_task",
  "name int": "bad_schema",
  "signer is not the actor (dropped)": "wrong_signer",
  "empty payload verification (actor '' != signer: dropped)": "wrong_signer",
}
const signedVectors = [...vectors.records, ...vectors.tasks, ...vectors.control, ...vectors.profiles]
const good = signedVectors.filter(({ name }) => POISON[name] === undefined)

describe("objects that 0.6 signed", () => {
  test.each(signedVectors)("$name", ({ name, wire_payload, canonical_b64, id }) => {
    const inspection = inspectLegacy(wire_payload)
    expect(inspection).toMatchObject({ id, idOk: true, signatureOk: true, canonicalBase64: canonical_b64 })
    expect(inspection.reason?.split(":")[0] ?? "accepted").toBe(POISON[name] ?? "accepted")
    expect(inspection.accepted).toBe(POISON[name] === undefined)
  })

  test.each(good)("$name is given back from what a store keeps", ({ wire_payload, id, signature }) => {
    const object = openLegacy(wire_payload)
    expect(Buffer.from(object.signature).toString("hex")).toBe(signature)
    expect(parseLegacy(object.kind, object.payload, object.signature)).toEqual(object)
    expect(openLegacy(toWire(object))).toEqual(object)
    expect(object.id).toBe(id)
  })

  test("every poison is among them", () => {
    const names = new Set(signedVectors.map(({ name }) => name))
    expect(Object.keys(POISON).filter((name) => !names.has(name))).toEqual([])
  })
})

describe("the wire", () => {
  test.each(vectors.records)("frame of $name", ({ wire_payload, wire_frame_len, wire_frame_sha256 }) => {
    const frame = encodeFrame("experiment", wire_payload)
    expect(frame.length).toBe(wire_frame_len)
    expect(createHash("sha256").update(frame).digest("hex")).toBe(wire_frame_sha256)
    const taken = takeFrame(frame)
    expect(taken?.length).toBe(frame.length)
    expect(inspectLegacy(taken?.body ?? "")).toEqual(inspectLegacy(wire_payload))
  })

  const unsignedTask = (name: string): boolean => name.startsWith("str/v1/task_id") && !name.endsWith(":empty")
  test.each(vectors.records.filter(({ name }) => POISON[name] === undefined && !unsignedTask(name)))(
    "$name is written as 0.6 writes it",
    ({ wire_payload, wire_frame_sha256 }) => {
      const object = openLegacy(wire_payload)
      expect(toWire(object)).toBe(wire_payload)
      expect(createHash("sha256").update(encodeObjectFrame(object)).digest("hex")).toBe(wire_frame_sha256)
    },
  )

  const events = [...vectors.tasks, ...vectors.profiles].filter(({ name }) => POISON[name] === undefined)
  test.each(events)("$name is written as 0.6 writes it", ({ wire_payload }) => {
    expect(toWire(openLegacy(wire_payload))).toBe(wire_payload)
  })
})

describe("objects that are not what they claim", () => {
  test.each(vectors.negative)("$name", ({ wire_payload, message_type, id_ok, signature_ok, node }) => {
    const inspection = inspectLegacy(`{"type":${JSON.stringify(message_type)},"payload":${wire_payload}}`)
    expect(inspection.idOk).toBe(id_ok === true)
    expect(inspection.signatureOk).toBe(signature_ok === true)
    expect(inspection.accepted).toBe(node.verdict === "accepted")
    expect(inspection.reason === null).toBe(inspection.accepted)
  })

  test("each refusal says why", () => {
    const reasons = vectors.negative.map(({ name, wire_payload, message_type }) => {
      const { reason } = inspectLegacy(`{"type":"${message_type}","payload":${wire_payload}}`)
      return [name, reason?.split(":")[0]]
    })
    expect(Object.fromEntries(reasons)).toMatchObject({
      "signature S+L (non-canonical)": "bad_signature",
      "node_id all-zero point, re-signed": "bad_signature",
      "id wrong": "bad_id",
      "extra field": "bad_schema",
      "trailing comma": "bad_json",
      "missing timestamp": "bad_schema",
      "control: type mismatch with envelope": "wrong_type",
      "task: missing name": "bad_schema",
    })
  })
})
