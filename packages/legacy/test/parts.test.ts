import { type SignedObject } from "@spore/records"
import { describe, expect, test } from "vitest"
import {
  inspectLegacy,
  legacyCodeLink,
  legacyLink,
  openLegacy,
  openLegacyParts,
  openLegacyPartsAsync,
  parseLegacy,
} from "../src/index.ts"
import { codeOf, vectors } from "./fixtures.ts"
import { bob, CODE, control, experiment, OTHER, projection } from "./made.ts"

describe("parts as a store keeps them", () => {
  const object = experiment({ task_id: OTHER })
  const { kind, payload, signature } = object

  test("they open, and a change to them does not", async () => {
    expect(openLegacyParts(kind, payload, signature)).toEqual(object)
    expect(await openLegacyPartsAsync(kind, payload, signature)).toEqual(object)
    const bad = signature.with(3, (signature[3] ?? 0) ^ 1)
    expect(codeOf(() => openLegacyParts(kind, payload, bad))).toBe("bad_signature")
    await expect(openLegacyPartsAsync(kind, payload, bad)).rejects.toMatchObject({ code: "bad_signature" })
  })

  test.each([
    ["spaces", (json: string) => json.replace(",", ", "), "bad_encoding"],
    ["another order", (json: string) => json.replace(/^\{("[^,]*),("[^,]*),/, "{$2,$1,"), "bad_encoding"],
    ["raw letters", (json: string) => json.replace('"h"', '"é"'), "bad_encoding"],
    ["the id", (json: string) => json.replace("{", '{"id":"",'), "bad_encoding"],
    ["an unknown field", (json: string) => json.replace("{", '{"aaa":1,'), "bad_schema"],
    ["version 1 with a task", (json: string) => json.replace('"version":2', '"version":1'), "bad_encoding"],
    ["a list of pairs", () => "[]", "bad_schema"],
  ])("%s: refused", (_name, change, code) => {
    const json = change(Buffer.from(payload).toString())
    expect(codeOf(() => parseLegacy(kind, new TextEncoder().encode(json), signature))).toBe(code)
  })

  test("kinds are not mixed up", () => {
    expect(codeOf(() => parseLegacy("experiment", payload, signature))).toBe("unknown_type")
    expect(codeOf(() => parseLegacy("legacy_task", payload, signature))).toBe("bad_schema")
    const dispute = control("legacy_challenge", bob, OTHER)
    expect(codeOf(() => parseLegacy("legacy_dispute", dispute.payload, dispute.signature))).toBe("bad_schema")
  })

  test("links show the same digest to IPFS tools", () => {
    expect(legacyLink(object.id)).toMatch(/^bagaaiera/)
    expect(legacyCodeLink(CODE)).toMatch(/^bafkrei/)
    expect(() => legacyLink("x")).toThrow(TypeError)
  })

  test("every kind is projected", () => {
    const stored: SignedObject[] = [...vectors.records, ...vectors.tasks, ...vectors.control, ...vectors.profiles]
      .filter(({ wire_payload }) => inspectLegacy(wire_payload).accepted)
      .map(({ wire_payload }) => openLegacy(wire_payload))
    expect(new Set(stored.map(({ kind: each }) => each)).size).toBe(projection.kinds.length - 1)
    for (const { kind: each, payload: bytes, signature: mark, id } of stored) {
      expect(projection.parse(each, bytes, mark).id).toBe(id)
    }
  })
})
