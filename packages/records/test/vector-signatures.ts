/** Edge cases of Ed25519 under ZIP-215, for vectors/signatures.json. */
import { createHash } from "node:crypto"
import { ed25519 } from "@noble/curves/ed25519.js"
import { concatBytes, encodeCanonical, signedMessage, toHex } from "../src/index.ts"
import { minimal } from "./bodies.ts"
import { fromLittleEndian, L, littleEndian, notPoint, P, Point, smallOrderKeys, smallPoints, withL } from "./curve.ts"
import { author, verifier, worked } from "./worked-objects.ts"

interface SignatureVector {
  name: string
  publicKey: string
  message: string
  signature: string
  verifies: boolean
  acceptedAsAuthor: boolean
}

const { publicKey } = author
const payload = encodeCanonical(minimal.profile)
const message = signedMessage("profile", payload)
const signature = author.sign(message)
const R = signature.subarray(0, 32)
const S = fromLittleEndian(signature.subarray(32))
const { scalar } = ed25519.utils.getExtendedPublicKey(author.exportSeed())
const neutral = littleEndian(1n)
const zero = new Uint8Array(32)

/** The cases of signatures.json. The outcomes are what ZIP-215 says, not what some implementation did. */
export function signatureVectors(): SignatureVector[] {
  return [...plain(), ...scalars(), ...points(), ...mixedOrder(), ...smallOrder(), ...lengths()]
}

function vector(
  name: string,
  verifies: boolean,
  by: Uint8Array,
  key: Uint8Array = publicKey,
  over: Uint8Array = message,
): SignatureVector {
  const hex = toHex(key)
  const acceptedAsAuthor = key.length === 32 && !smallOrderKeys.some((small) => toHex(small) === hex)
  return { name, publicKey: hex, message: toHex(over), signature: toHex(by), verifies, acceptedAsAuthor }
}

/** Who signs what: an object's kind is part of the message. */
function plain(): SignatureVector[] {
  const { payload: challenge, signature: by } = worked.challenge
  return [
    vector("an honest signature", true, signature),
    vector("an honest signature over a challenge", true, by, verifier.publicKey, signedMessage("challenge", challenge)),
    vector("an honest signature over nothing", true, author.sign(zero.subarray(32)), publicKey, zero.subarray(32)),
    vector("another key", false, signature, verifier.publicKey),
    vector("another message", false, signature, publicKey, signedMessage("profile", encodeCanonical({}))),
    vector("the domain of another kind", false, signature, publicKey, signedMessage("claim", payload)),
    vector("no domain", false, signature, publicKey, payload),
    vector("the negative of the key", false, signature, flipped(publicKey, 255)),
    vector("the negative of R", false, flipped(signature, 255)),
    vector("the lowest bit of S changed", false, flipped(signature, 256)),
    vector("R and S exchanged", false, concatBytes(signature.subarray(32), R)),
    vector("zeros", false, new Uint8Array(64)),
  ]
}

/** S from 0 to L − 1 alone: the same equation holds for S + L. */
function scalars(): SignatureVector[] {
  // For a key of small order any S has an R that fits: [S]B.
  const fitting = (s: bigint): Uint8Array =>
    concatBytes((s === 0n ? Point.ZERO : Point.BASE.multiply(s % L)).toBytes(), littleEndian(s))
  return [
    ...[1n, 2n, 15n].map((times) => vector(`S + ${times} L`, false, withL(signature, times))),
    vector("S with its highest bit set", false, flipped(signature, 511)),
    vector("S with bit 253 set", false, flipped(signature, 509)),
    vector("S = L − 1", true, fitting(L - 1n), neutral),
    vector("S = L, which is 0 again", false, concatBytes(neutral, littleEndian(L)), neutral),
    vector("S = L + 1, which is 1 again", false, fitting(L + 1n), neutral),
    vector("S = 1", true, fitting(1n), neutral),
    vector("S = 2^252", true, fitting(2n ** 252n), neutral),
    vector("S = 2^256 − 1", false, concatBytes(neutral, littleEndian(2n ** 256n - 1n)), neutral),
  ]
}

/** Encodings of A and R that are no points, and one that is not reduced but a point of great order. */
function points(): SignatureVector[] {
  const notReduced = Array.from({ length: 17 }, (_, i) => littleEndian(BigInt(i + 2) + P)).filter(isPoint)
  const [key = zero] = notReduced
  const honest = concatBytes(R, littleEndian(S))
  return [
    vector("a key that is no point", false, honest, notPoint),
    vector("a key that is no point, with S = 0", false, concatBytes(neutral, zero), notPoint),
    vector("an R that is no point", false, concatBytes(notPoint, littleEndian(S))),
    vector("an R that is no point, with a key of small order", false, concatBytes(notPoint, zero), neutral),
    vector(
      "a key of 32 times ff",
      false,
      honest,
      zero.map(() => 255),
    ),
    vector("a key of great order, not reduced, whose secret nobody knows", false, honest, key),
    vector(
      "an R of great order, not reduced, with a key of small order and S = 0",
      false,
      concatBytes(key, zero),
      neutral,
    ),
  ]
}

/** Points with a part of small order: [8] makes it vanish, so these verify. */
function mixedOrder(): SignatureVector[] {
  const base = Point.fromHex(toHex(publicKey))
  return smallPoints.flatMap((ofA, a) =>
    smallPoints.flatMap((ofR, r): SignatureVector[] => {
      if ((a === 0 && r === 0) || (a !== 0 && r !== 0 && a !== r)) return []
      const key = base.add(ofA).toBytes()
      const secretR = 123_456_789n + BigInt(8 * a + r)
      const commitment = Point.BASE.multiply(secretR).add(ofR).toBytes()
      const hash = createHash("sha512").update(commitment).update(key).update(message).digest()
      const s = (secretR + fromLittleEndian(hash) * scalar) % L
      const by = concatBytes(commitment, littleEndian(s))
      return [
        vector(`A + ${a} T, R + ${r} T`, true, by, key),
        ...(r === 1 ? [vector(`A + ${a} T, R + ${r} T, and S + L`, false, withL(by), key)] : []),
      ]
    }),
  )
}

/** A and R of small order in every encoding, S = 0: all verify, and none is an author. */
function smallOrder(): SignatureVector[] {
  const short = new TextEncoder().encode("x")
  return smallOrderKeys.flatMap((key, a) =>
    smallOrderKeys.map((r, i) => vector(`small order: A ${a}, R ${i}, S = 0`, true, concatBytes(r, zero), key, short)),
  )
}

function lengths(): SignatureVector[] {
  return [
    vector("a signature of 63 bytes", false, signature.subarray(0, 63)),
    vector("a signature of 65 bytes", false, concatBytes(signature, zero.subarray(31))),
    vector("no signature", false, zero.subarray(32)),
    vector("R alone", false, R),
    vector("a key of 31 bytes", false, signature, publicKey.subarray(0, 31)),
    vector("a key of 33 bytes", false, signature, concatBytes(publicKey, zero.subarray(31))),
    vector("no key", false, signature, zero.subarray(32)),
  ]
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}

function isPoint(bytes: Uint8Array): boolean {
  try {
    Point.fromBytes(bytes, true)
    return true
  } catch {
    return false
  }
}
