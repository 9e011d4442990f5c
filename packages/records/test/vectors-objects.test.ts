import { createHash } from "node:crypto"
import { describe, expect, test } from "vitest"
import { z } from "zod"
import {
  type AnyRecord,
  createIdentity,
  encodeCanonical,
  encodeEnvelope,
  isSporeError,
  KINDS,
  nodeIdOf,
  openEnvelope,
  openEnvelopeAsync,
  parseEnvelope,
  parseLink,
  parseRecord,
  publicKeyOf,
  signedMessage,
  toHex,
  verifySignature,
} from "../src/index.ts"
import { hexBytes, readVectors } from "./vector-format.ts"

const { keys, objects } = readVectors(
  "objects.json",
  z.strictObject({
    keys: z.array(z.strictObject({ seed: hexBytes, publicKey: hexBytes, nodeId: z.string() })),
    objects: z.array(
      z.strictObject({
        name: z.string(),
        kind: z.enum(KINDS),
        author: z.string(),
        payload: hexBytes,
        signedMessage: hexBytes,
        signature: hexBytes,
        envelope: hexBytes,
        id: z.string(),
      }),
    ),
  }),
)
const invalid = readVectors(
  "invalid-objects.json",
  z.array(z.strictObject({ name: z.string(), code: z.string(), envelope: hexBytes })),
)

test.each(keys)("the key of $nodeId", ({ seed, publicKey, nodeId }) => {
  const identity = createIdentity(seed)
  expect([toHex(identity.publicKey), identity.nodeId]).toEqual([toHex(publicKey), nodeId])
})

describe.each(objects)("$name", (vector) => {
  test("opens by every way to the same object", async () => {
    const opened: AnyRecord[] = [
      openEnvelope(vector.envelope),
      await openEnvelopeAsync(vector.envelope),
      parseEnvelope(vector.envelope),
      parseRecord(vector.payload, vector.signature),
    ]
    for (const record of opened) {
      expect([record.id, record.kind, nodeIdOf(record.body.author)]).toEqual([vector.id, vector.kind, vector.author])
      expect(toHex(record.payload)).toBe(toHex(vector.payload))
      expect(toHex(record.signature)).toBe(toHex(vector.signature))
      expect(toHex(encodeEnvelope(record))).toBe(toHex(vector.envelope))
      expect(toHex(encodeCanonical(record.body))).toBe(toHex(vector.payload))
    }
  })

  test("has the id of its payload, and the signature of its author over its message", () => {
    expect(toHex(parseLink(vector.id).multihash.digest)).toBe(createHash("sha256").update(vector.payload).digest("hex"))
    expect(toHex(signedMessage(vector.kind, vector.payload))).toBe(toHex(vector.signedMessage))
    expect(verifySignature(publicKeyOf(vector.author), vector.signedMessage, vector.signature)).toBe(true)
    const signer = keys.find(({ nodeId }) => nodeId === vector.author)
    expect(signer && toHex(createIdentity(signer.seed).sign(vector.signedMessage))).toBe(toHex(vector.signature))
  })
})

test("of every kind there is a worked, a minimal and a maximal object", () => {
  for (const kind of KINDS) {
    const names = objects.filter((vector) => vector.kind === kind).map(({ name }) => name)
    for (const form of ["worked example", "minimal", "every field at its bound"]) {
      expect(names.filter((name) => name.startsWith(`${kind}: ${form}`))).toHaveLength(1)
    }
  }
})

describe("invalid objects", () => {
  test.each(invalid)("$name: $code", async ({ code, envelope }) => {
    expect(await refusal(() => openEnvelope(envelope))).toBe(code)
    expect(await refusal(() => openEnvelopeAsync(envelope))).toBe(code)
  })

  test("show every code but that of a link's text", () => {
    expect([...new Set(invalid.map(({ code }) => code))].toSorted()).toEqual([
      "bad_author",
      "bad_encoding",
      "bad_envelope",
      "bad_schema",
      "bad_signature",
      "too_large",
      "unknown_kind",
    ])
  })
})

async function refusal(open: () => AnyRecord | Promise<AnyRecord>): Promise<string> {
  try {
    await open()
    return "accepted"
  } catch (error) {
    if (isSporeError(error)) return error.code
    throw error
  }
}
