import { ed25519 } from "@noble/curves/ed25519.js"
import { expect, test } from "vitest"
import { z } from "zod"
import { isSmallOrder, verifySignature, verifySignatureAsync } from "../src/index.ts"
import { hexBytes, readVectors } from "./vector-format.ts"

const vectors = readVectors(
  "signatures.json",
  z.array(
    z.strictObject({
      name: z.string(),
      publicKey: hexBytes,
      message: hexBytes,
      signature: hexBytes,
      verifies: z.boolean(),
      acceptedAsAuthor: z.boolean(),
    }),
  ),
)

test.each(vectors)("$name: $verifies", async ({ publicKey, message, signature, verifies, acceptedAsAuthor }) => {
  expect(verifySignature(publicKey, message, signature)).toBe(verifies)
  expect(await verifySignatureAsync(publicKey, message, signature)).toBe(verifies)
  // What a browser has: ZIP-215 without a native check before it.
  expect(byNoble(publicKey, message, signature)).toBe(verifies)
  expect(publicKey.length === 32 && !isSmallOrder(publicKey)).toBe(acceptedAsAuthor)
})

function byNoble(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: true })
  } catch {
    return false
  }
}
