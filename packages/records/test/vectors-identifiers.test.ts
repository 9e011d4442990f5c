import { describe, expect, test } from "vitest"
import { z } from "zod"
import {
  cidOf,
  createIdentity,
  DAG_CBOR,
  DAG_PB,
  envSchema,
  experimentSeed,
  hardwareClass,
  isSporeError,
  nodeIdOf,
  normaliseClassValue,
  parseLink,
  publicKeyOf,
  RAW,
  type TaskBody,
  toHex,
  verificationSeed,
} from "../src/index.ts"
import { hexBytes, readVectors } from "./vector-format.ts"
import { worked } from "./worked-objects.ts"

const vectors = readVectors(
  "identifiers.json",
  z.strictObject({
    content: z.array(
      z.strictObject({ codec: z.enum(["raw", "dag-cbor"]), bytes: hexBytes, cid: hexBytes, text: z.string() }),
    ),
    links: z.array(z.strictObject({ name: z.string(), text: z.string(), record: z.boolean(), artifact: z.boolean() })),
    keys: z.array(z.strictObject({ seed: hexBytes, publicKey: hexBytes, nodeId: z.string() })),
    refusedNodeIds: z.array(z.strictObject({ name: z.string(), text: z.string() })),
    seeds: z.array(
      z.strictObject({
        mode: z.enum(["exact", "artifact", "noisy"]),
        seeds: z.array(z.number()),
        of: z.enum(["author", "verifier"]),
        link: z.string(),
        key: hexBytes,
        replicate: z.number(),
        seed: z.number(),
      }),
    ),
    classes: z.array(z.strictObject({ env: envSchema, classKeys: z.array(z.string()), class: z.string() })),
    classValues: z.array(z.strictObject({ value: z.string(), normalised: z.string() })),
  }),
)

test.each(vectors.content)("the CID $text", ({ codec, bytes, cid, text }) => {
  const made = cidOf(codec === "raw" ? RAW : DAG_CBOR, bytes)
  expect([toHex(made.bytes), made.toString()]).toEqual([toHex(cid), text])
  expect(toHex(parseLink(text).bytes)).toBe(toHex(cid))
})

test.each(vectors.links)("the link $name", ({ text, record, artifact }) => {
  expect(read(text, DAG_CBOR)).toBe(record ? text : "bad_link")
  expect(read(text, RAW, DAG_PB)).toBe(artifact ? text : "bad_link")
  expect(read(text)).toBe(record || artifact ? text : "bad_link")
})

test.each(vectors.keys)("the node id $nodeId", ({ seed, publicKey, nodeId }) => {
  expect(toHex(createIdentity(seed).publicKey)).toBe(toHex(publicKey))
  expect(nodeIdOf(publicKey)).toBe(nodeId)
  expect(toHex(publicKeyOf(nodeId))).toBe(toHex(publicKey))
})

test.each(vectors.refusedNodeIds)("no node id: $name", ({ text }) => {
  expect(() => publicKeyOf(text)).toThrow(expect.objectContaining({ code: "bad_author" }))
})

test.each(vectors.seeds)("the seed of the $of in $mode replay, replicate $replicate", (vector) => {
  const { mode, seeds, of, key, replicate, seed } = vector
  const { body } = worked.task
  const task: TaskBody = { ...body, replay: { ...body.replay, mode, seeds } }
  const seedOf = of === "author" ? experimentSeed : verificationSeed
  expect(seedOf(task, parseLink(vector.link), key, replicate)).toBe(seed)
})

describe("hardware classes", () => {
  test.each(vectors.classes)("$classKeys give $class", ({ env, classKeys, class: expected }) => {
    expect(hardwareClass(env, classKeys)).toBe(expected)
  })
  test.each(vectors.classValues)("$value becomes $normalised", ({ value, normalised }) => {
    expect(normaliseClassValue(value)).toBe(normalised)
  })
})

/** The text of what was read, or the code with which it was refused. */
function read(text: string, ...codecs: number[]): string {
  try {
    return parseLink(text, ...codecs).toString()
  } catch (error) {
    if (isSporeError(error)) return error.code
    throw error
  }
}
