import { createHash, createPublicKey, verify } from "node:crypto"
import { ed25519 } from "@noble/curves/ed25519.js"
import { concatBytes, createIdentity, nodeIdOf } from "@spore/records"
import { describe, expect, test } from "vitest"
import { openLegacy, verifyLegacySignature, verifyLegacySignatureAsync } from "../src/index.ts"
import { wireOf } from "./fixtures.ts"

const { Point } = ed25519
const L = Point.Fn.ORDER
const torsion = Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
const messages = Array.from({ length: 32 }, (_, i) => new TextEncoder().encode(`message ${i}`))

const toScalar = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes.toReversed()).toString("hex")}`)
const toBytes = (scalar: bigint): Uint8Array =>
  new Uint8Array(Buffer.from(scalar.toString(16).padStart(64, "0"), "hex").toReversed())

/** Signs with a key and an R that a torsion point may have been added to. */
function sign(
  a: bigint,
  key: Uint8Array,
  r: bigint,
  R: Uint8Array,
  message: Uint8Array,
): { k: bigint; signature: Uint8Array } {
  const k = toScalar(createHash("sha512").update(R).update(key).update(message).digest()) % L
  return { k, signature: concatBytes(R, toBytes((r + k * a) % L)) }
}

const native = (key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean => {
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key])
  return verify(null, message, createPublicKey({ key: der, format: "der", type: "spki" }), signature)
}

describe("libsodium's rule", () => {
  test("what an identity signs is valid, and nothing else is", async () => {
    const identity = createIdentity(new Uint8Array(32).fill(1))
    for (const message of messages) {
      const signature = identity.sign(message)
      expect(verifyLegacySignature(identity.publicKey, message, signature)).toBe(true)
      expect(await verifyLegacySignatureAsync(identity.publicKey, message, signature)).toBe(true)
      signature[40] = (signature[40] ?? 0) ^ 1
      expect(verifyLegacySignature(identity.publicKey, message, signature)).toBe(false)
      expect(await verifyLegacySignatureAsync(identity.publicKey, message, signature)).toBe(false)
    }
  })

  test("a key of mixed order verifies without the cofactor: where its torsion falls out", () => {
    const a = 12345n
    const key = Point.BASE.multiply(a).add(torsion).toBytes()
    const outcomes = messages.map((message, i) => {
      const r = BigInt(i + 1)
      const { k, signature } = sign(a, key, r, Point.BASE.multiply(r).toBytes(), message)
      const valid = verifyLegacySignature(key, message, signature)
      expect(valid).toBe(k % 8n === 0n)
      // With the cofactor each of them is valid, and the fast path is inside libsodium's set.
      expect(ed25519.verify(signature, message, key, { zip215: false })).toBe(true)
      expect(native(key, message, signature)).toBe(valid)
      return valid
    })
    expect(new Set(outcomes)).toEqual(new Set([true, false]))
  })

  test("an R of mixed order never verifies", () => {
    const { publicKey } = createIdentity(new Uint8Array(32).fill(3))
    const a = ed25519.utils.getExtendedPublicKey(new Uint8Array(32).fill(3)).scalar
    for (const message of messages) {
      const R = Point.BASE.multiply(7n).add(torsion).toBytes()
      const { signature } = sign(a, publicKey, 7n, R, message)
      expect(ed25519.verify(signature, message, publicKey, { zip215: true })).toBe(true)
      expect(verifyLegacySignature(publicKey, message, signature)).toBe(false)
    }
  })

  test("S + L is refused", () => {
    const identity = createIdentity(new Uint8Array(32).fill(4))
    const message = new Uint8Array([1])
    const signature = identity.sign(message)
    const raised = concatBytes(signature.subarray(0, 32), toBytes(toScalar(signature.subarray(32)) + L))
    expect(verifyLegacySignature(identity.publicKey, message, raised)).toBe(false)
  })

  test("an R of small order is refused, though the equation holds", () => {
    const a = 99n
    const key = Point.BASE.multiply(a).toBytes()
    const { signature } = sign(a, key, 0n, Point.ZERO.toBytes(), new Uint8Array([2]))
    expect(ed25519.verify(signature, new Uint8Array([2]), key, { zip215: true })).toBe(true)
    expect(verifyLegacySignature(key, new Uint8Array([2]), signature)).toBe(false)
  })

  test("a key of small order is refused: with it anybody signs anything", () => {
    for (const key of [Point.ZERO.toBytes(), torsion.toBytes(), new Uint8Array(32)]) {
      for (const message of messages) {
        const signature = concatBytes(Point.BASE.multiply(5n).toBytes(), toBytes(5n))
        expect(verifyLegacySignature(key, message, signature)).toBe(false)
      }
    }
  })

  test("a key that is not reduced is refused", () => {
    // y = p + 3 stands for y = 3; all signatures are tried against the same wrong spelling of a point.
    const key = toBytes(Point.Fp.ORDER + 3n)
    expect(messages.some((message) => verifyLegacySignature(key, message, new Uint8Array(64).fill(1)))).toBe(false)
  })
})

test("one key is one author, however it is spelt", () => {
  const plain = openLegacy(wireOf("control sample: unmodified (accepted)"))
  const spaced = openLegacy(wireOf("node_id with spaces, properly re-signed (accepted: alias identity)"))
  expect(spaced.id).not.toBe(plain.id)
  expect(spaced.author).toBe(plain.author)
  expect(spaced.author).toBe(nodeIdOf(createIdentity(new Uint8Array(32).fill(1)).publicKey))
})
