/** Arithmetic for signatures that no signer makes: points of small order, encodings that are not reduced, S + L. */
import { ed25519 } from "@noble/curves/ed25519.js"
import { concatBytes } from "../src/index.ts"

export const { Point } = ed25519
type CurvePoint = InstanceType<typeof Point>

/** The order of the base point. */
export const L: bigint = Point.Fn.ORDER
/** The order of the field. */
export const P: bigint = Point.Fp.ORDER

const generator = Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")

/** The eight points of small order: multiples 0 to 7 of one of order 8. */
export const smallPoints: readonly CurvePoint[] = Array.from({ length: 8 }, (_, i) =>
  i === 0 ? Point.ZERO : generator.multiplyUnsafe(BigInt(i)),
)

/** Every encoding of them that ZIP-215 decodes: y and y + p, and both signs where x is 0. */
export const smallOrderKeys: readonly Uint8Array[] = smallPoints.flatMap((point) => {
  const { x, y } = point.toAffine()
  const signs = x === 0n ? [0n, 1n] : [x & 1n]
  const ys = y + P < 2n ** 255n ? [y, y + P] : [y]
  return ys.flatMap((value) => signs.map((sign) => littleEndian(value | (sign << 255n))))
})

/** 32 bytes that decode to no point: no x belongs to y = 2. */
export const notPoint: Uint8Array = littleEndian(2n)

/** The signature with L added to its S: the same equation, another encoding. */
export function withL(signature: Uint8Array, times = 1n): Uint8Array {
  return concatBytes(signature.subarray(0, 32), littleEndian(fromLittleEndian(signature.subarray(32)) + times * L))
}

export function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n))
}

export function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}
