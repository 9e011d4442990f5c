import { createPublicKey, verify } from "node:crypto"
import { ed25519 } from "@noble/curves/ed25519.js"
import { describe, expect, test } from "vitest"
import {
  concatBytes,
  createIdentity,
  isSmallOrder,
  seededRandom,
  signedMessage,
  toHex,
  verifySignature,
  verifySignatureAsync,
  verifyZip215,
} from "../src/index.ts"
import { fromLittleEndian, littleEndian, mixedOrderSignature } from "./mixed-order.ts"
import {
  nativeVerify as browserVerify,
  sha256 as browserSha256,
  yieldToLoop as browserYield,
} from "../src/native.browser.ts"
import { nativeVerify, sha256 } from "../src/native.node.ts"

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"))
const L = 2n ** 252n + 27742317777372353535851937790883648493n
const P = 2n ** 255n - 19n
const { Point } = ed25519
const identity = createIdentity(new Uint8Array(32).fill(7))
const message = signedMessage("experiment", hex("a0"))
const signature = identity.sign(message)

const torsion = Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
/** The eight points of small order. */
const smallPoints = Array.from({ length: 8 }, (_, i) => (i === 0 ? Point.ZERO : torsion.multiplyUnsafe(BigInt(i))))
/** Every encoding of them that ZIP-215 decodes: y and y + p, both signs where x is 0. */
const smallKeys = smallPoints.flatMap((point) => {
  const { x, y } = point.toAffine()
  const signs = x === 0n ? [0n, 1n] : [x & 1n]
  const ys = y + P < 2n ** 255n ? [y, y + P] : [y]
  return ys.flatMap((value) => signs.map((sign) => littleEndian(value | (sign << 255n))))
})

describe("what is signed", () => {
  test("names the protocol and the kind before the payload", () => {
    expect(Buffer.from(signedMessage("task", hex("a0"))).toString("latin1")).toBe("spore/1/task\n\u00a0")
  })
})

describe("ZIP-215", () => {
  test("accepts what was signed, refuses what was not", async () => {
    expect(verifySignature(identity.publicKey, message, signature)).toBe(true)
    expect(await verifySignatureAsync(identity.publicKey, message, signature)).toBe(true)
    for (const [key, signed, by] of [
      [identity.publicKey, hex("a1"), signature],
      [createIdentity(new Uint8Array(32).fill(8)).publicKey, message, signature],
      [identity.publicKey, message, signature.subarray(1)],
      [identity.publicKey, message, concatBytes(signature, hex("00"))],
      [identity.publicKey, message, new Uint8Array()],
      [identity.publicKey.subarray(1), message, signature],
      [concatBytes(identity.publicKey, hex("00")), message, signature],
      [new Uint8Array(), message, signature],
    ] as const) {
      expect(verifySignature(key, signed, by)).toBe(false)
      expect(await verifySignatureAsync(key, signed, by)).toBe(false)
    }
  })

  test("refuses S + L: a signature cannot be turned into a second one", () => {
    const s = fromLittleEndian(signature.subarray(32))
    for (const forged of [s + L, s + 2n * L, L, 2n ** 256n - 1n]) {
      expect(
        verifySignature(identity.publicKey, message, concatBytes(signature.subarray(0, 32), littleEndian(forged))),
      ).toBe(false)
    }
  })

  test("accepts mixed-order R that the native check refuses: the cofactor counts", () => {
    for (const point of smallPoints.slice(1)) {
      const mixed = mixedOrderSignature(message, point)
      expect(nativeVerify(identity.publicKey, message, mixed)).toBe(false)
      expect(verifySignature(identity.publicKey, message, mixed)).toBe(true)
      expect(verifyZip215(identity.publicKey, message, mixed)).toBe(true)
    }
  })

  test("decodes keys and R that are not reduced", () => {
    const notReduced = smallKeys.filter((key) => fromLittleEndian(key) % 2n ** 255n >= P)
    expect(notReduced.length).toBeGreaterThan(0)
    for (const key of notReduced) {
      expect(verifySignature(key, message, concatBytes(key, new Uint8Array(32)))).toBe(true)
    }
  })
})

test("keys of small order are found in every encoding, and no other key is", () => {
  expect(smallKeys).toHaveLength(14)
  expect(new Set(smallKeys.map(toHex)).size).toBe(14)
  for (const key of smallKeys) {
    expect(isSmallOrder(key)).toBe(true)
    // Why they are refused: anybody signs anything for them.
    expect(verifySignature(key, message, concatBytes(littleEndian(1n), new Uint8Array(32)))).toBe(true)
  }
  expect(isSmallOrder(identity.publicKey)).toBe(false)
  expect(isSmallOrder(new Uint8Array(32).fill(255))).toBe(false)
})

describe("the native check first, then ZIP-215, is ZIP-215 alone", () => {
  const random = seededRandom(20251122)
  const below = (limit: number): number => Math.floor(random.next() * limit)
  /** Honest, altered and malformed parts of a signature, in every mixture. */
  const mutations = Array.from({ length: 300 }, (): [key: Uint8Array, by: Uint8Array] => {
    const signer = createIdentity(Uint8Array.from({ length: 32 }, () => below(256)))
    const honest = signer.sign(message)
    const s = fromLittleEndian(honest.subarray(32))
    const oddPoint = smallKeys[below(smallKeys.length)] ?? honest
    const key = [signer.publicKey, signer.publicKey, flipped(signer.publicKey), oddPoint][below(4)] ?? oddPoint
    const r = [honest.subarray(0, 32), flipped(honest.subarray(0, 32)), oddPoint][below(3)] ?? oddPoint
    const scalar = [s, s, (s + L) % 2n ** 256n, 0n, L, s ^ (1n << BigInt(below(256)))][below(6)] ?? s
    return [key, concatBytes(r, littleEndian(scalar))]
  })
  function flipped(bytes: Uint8Array): Uint8Array {
    const copy = Uint8Array.from(bytes)
    const at = below(32)
    copy[at] = (copy[at] ?? 0) ^ (1 << below(8))
    return copy
  }

  /** S = 0 and nothing but points of small order: valid under ZIP-215, disputed among the others. */
  const degenerate = smallKeys.flatMap((key) =>
    smallKeys.map((r): [key: Uint8Array, by: Uint8Array] => [key, concatBytes(r, new Uint8Array(32))]),
  )

  test("on a seeded set of mutated signatures and on degenerate ones", async () => {
    let natively = 0
    let onlyByZip215 = 0
    for (const [key, by] of [...mutations, ...degenerate]) {
      const verdict = zip215(key, by)
      const native = nativeVerify(key, message, by)
      // OpenSSL accepts nothing that ZIP-215 refuses.
      expect([toHex(key), toHex(by), native && !verdict]).toEqual([toHex(key), toHex(by), false])
      expect(verifySignature(key, message, by)).toBe(verdict)
      expect(await verifySignatureAsync(key, message, by)).toBe(verdict)
      if (native) natively += 1
      else if (verdict) onlyByZip215 += 1
    }
    expect(natively).toBeGreaterThan(10)
    expect(onlyByZip215).toBeGreaterThan(10)
  })
})

describe("the browser's half", () => {
  test("lets other tasks run when it yields", async () => {
    const order: string[] = []
    const other = new Promise<void>((resolve) => {
      setImmediate(() => {
        order.push("other")
        resolve()
      })
    })
    await browserYield()
    order.push("yielded")
    await other
    expect(order.toSorted()).toEqual(["other", "yielded"])
  })

  test("leaves every signature to ZIP-215, and hashes as the native one does", () => {
    expect(browserVerify(identity.publicKey, message, signature)).toBe(false)
    for (const bytes of [new Uint8Array(), message, new Uint8Array(100_000)]) {
      expect(browserSha256(bytes)).toEqual(sha256(bytes))
    }
  })
})

test("identities sign what OpenSSL verifies", () => {
  const spki = concatBytes(hex("302a300506032b6570032100"), identity.publicKey)
  const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" })
  expect(verify(null, message, key, signature)).toBe(true)
})

function zip215(key: Uint8Array, by: Uint8Array): boolean {
  try {
    return ed25519.verify(by, message, key, { zip215: true })
  } catch {
    return false
  }
}
