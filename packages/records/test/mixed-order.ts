import { createHash } from "node:crypto"
import { ed25519 } from "@noble/curves/ed25519.js"
import { concatBytes, createIdentity } from "../src/index.ts"

const ORDER = ed25519.Point.Fn.ORDER
const TORSION = ed25519.Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")

/**
 * A signature by the key of the seed 07 07 … whose R has a part of small order: R' = R + T, S computed for the
 * challenge of R'. ZIP-215 accepts it, native checks refuse it.
 */
export function mixedOrderSignature(message: Uint8Array, torsion: typeof TORSION = TORSION): Uint8Array {
  const seed = new Uint8Array(32).fill(7)
  const secret = ed25519.utils.getExtendedPublicKey(seed)
  const r = 123456789n
  const commitment = ed25519.Point.BASE.multiply(r).add(torsion).toBytes()
  const hash = createHash("sha512").update(commitment).update(createIdentity(seed).publicKey).update(message).digest()
  const s = (r + fromLittleEndian(hash) * secret.scalar) % ORDER
  return concatBytes(commitment, littleEndian(s))
}

export function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n))
}

export function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}
