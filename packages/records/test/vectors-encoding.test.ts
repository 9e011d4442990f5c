import { expect, test } from "vitest"
import { z } from "zod"
import { decodeCanonical, encodeCanonical, isSporeError, toHex } from "../src/index.ts"
import { fromTagged, type Tagged, tagged, toTagged } from "./tagged-json.ts"
import { hexBytes, readVectors } from "./vector-format.ts"

const vectors = readVectors(
  "encoding.json",
  z.array(
    z.union([
      z.strictObject({ name: z.string(), bytes: hexBytes, valid: z.literal(true), value: tagged }),
      z.strictObject({ name: z.string(), bytes: hexBytes, valid: z.literal(false) }),
    ]),
  ),
)

test.each(vectors)("$name: $valid", (vector) => {
  expect(read(vector.bytes)).toEqual(vector.valid ? vector.value : "bad_encoding")
})

test.each(vectors.filter((vector) => vector.valid))("$name is written so", ({ bytes, value }) => {
  expect(toHex(encodeCanonical(fromTagged(value)))).toBe(toHex(bytes))
})

test("bytes are read alike wherever they lie in memory", () => {
  for (const vector of vectors) {
    const within = Buffer.concat([Buffer.from([0xff, 0xff, 0xff]), vector.bytes, Buffer.from([0xff])])
    expect([vector.name, read(within.subarray(3, -1))]).toEqual([vector.name, read(vector.bytes)])
  }
})

/** The value with its types named, or the code with which the bytes are refused. */
function read(bytes: Uint8Array): Tagged | string {
  try {
    return toTagged(decodeCanonical(bytes))
  } catch (error) {
    if (isSporeError(error)) return error.code
    throw error
  }
}
