import { nativeVerify, nativeVerifyAsync } from "#native"
import { ed25519 } from "@noble/curves/ed25519.js"
import { toHex } from "./bytes.ts"

const utf8 = new TextEncoder()

/** What is signed: the kind, as a domain of its own, and the payload bytes. */
export function signedMessage(kind: string, payload: Uint8Array): Uint8Array {
  const domain = utf8.encode(`spore/1/${kind}\n`)
  const message = new Uint8Array(domain.length + payload.length)
  message.set(domain)
  message.set(payload, domain.length)
  return message
}

/**
 * Ed25519 by the ZIP-215 rule, on every platform the same: what the native check accepts ZIP-215 accepts too, and
 * what it rejects (implementations differ on malformed keys and points) noble decides.
 */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return nativeVerify(publicKey, message, signature) || verifyZip215(publicKey, message, signature)
}

/** As `verifySignature`, with the native step off the event loop. */
export async function verifySignatureAsync(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return (await nativeVerifyAsync(publicKey, message, signature)) || verifyZip215(publicKey, message, signature)
}

/** The second step alone, which decides: about 1 ms. */
export function verifyZip215(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: true })
  } catch {
    return false
  }
}

/** Whether the key encodes a point of small order, canonically or not: nobody holds such a key, anybody can sign. */
export function isSmallOrder(publicKey: Uint8Array): boolean {
  return smallOrderKeys().has(toHex(publicKey))
}

let cachedSmallOrderKeys: Set<string> | undefined

/** Every 32-byte encoding of the eight torsion points, the non-canonical ones (y + p, both signs) included. */
function smallOrderKeys(): Set<string> {
  if (cachedSmallOrderKeys !== undefined) return cachedSmallOrderKeys
  const p = ed25519.Point.Fp.ORDER
  const generator = ed25519.Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
  const keys = new Set<string>()
  let point = ed25519.Point.ZERO
  for (let i = 0; i < 8; i++) {
    const { y } = point.toAffine()
    for (const value of [y, y + p]) {
      if (value >= 1n << 255n) continue
      for (const sign of [0n, 1n]) keys.add(littleEndianHex(value | (sign << 255n)))
    }
    point = point.add(generator)
  }
  cachedSmallOrderKeys = keys
  return keys
}

function littleEndianHex(value: bigint): string {
  const bytes = new Uint8Array(32)
  for (let i = 0; i < 32; i++) bytes[i] = Number((value >> BigInt(8 * i)) & 255n)
  return toHex(bytes)
}
