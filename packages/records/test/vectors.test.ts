import { readFile } from "node:fs/promises"
import { createHash } from "node:crypto"
import { expect, test } from "vitest"
import { z } from "zod"
import { createIdentity, encodeCanonical, encodeEnvelope, KINDS, openEnvelope, parseLink, toHex } from "../src/index.ts"
import { vectorsText } from "./worked-objects.ts"

const hexText = z.string().regex(/^([0-9a-f]{2})+$/)
const schema = z.strictObject({
  keys: z.array(z.strictObject({ seed: hexText, publicKey: hexText, nodeId: z.string() })).length(2),
  objects: z.array(z.strictObject({ kind: z.string(), payload: hexText, signature: hexText, id: z.string() })),
})
const frozen = await readFile(new URL("vectors.json", import.meta.url), "utf8")
const vectors = schema.parse(JSON.parse(frozen))
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"))

test("the worked objects are still encoded, signed and named as they were", () => {
  expect(vectorsText()).toBe(frozen)
  expect(vectors.objects.map(({ kind }) => kind)).toEqual([...KINDS])
})

test.each(vectors.objects)("the frozen $kind opens", ({ kind, payload, signature, id }) => {
  const record = openEnvelope(encodeCanonical([bytes(payload), bytes(signature)]))
  expect([record.kind, record.id]).toEqual([kind, id])
  expect(vectors.keys.map(({ publicKey }) => publicKey)).toContain(toHex(record.body.author))
  expect(toHex(parseLink(id).multihash.digest)).toBe(createHash("sha256").update(bytes(payload)).digest("hex"))
})

test.each(vectors.keys)("the key of $nodeId", ({ seed, publicKey, nodeId }) => {
  const identity = createIdentity(bytes(seed))
  expect([toHex(identity.publicKey), identity.nodeId]).toEqual([publicKey, nodeId])
})

test("the example in the specification is the frozen challenge", async () => {
  const text = await readFile(new URL("../../../docs/spec/04-signatures.md", import.meta.url), "utf8")
  const [, block = ""] = /```text envelope\n([^`]*)```/.exec(text) ?? []
  const hex = block
    .split("\n")
    .map((line) => line.trim().split(/ {2,}/)[0] ?? "")
    .join("")
    .replaceAll(" ", "")
  const challenge = vectors.objects.find(({ kind }) => kind === "challenge")
  expect(toHex(encodeEnvelope(openEnvelope(bytes(hex))))).toBe(hex)
  expect(openEnvelope(bytes(hex)).id).toBe(challenge?.id)
  expect(text).toContain(`\`${challenge?.id}\``)
})
