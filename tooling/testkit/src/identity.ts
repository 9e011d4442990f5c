import { createPrivateKey, sign } from "node:crypto"
import { createIdentity, type Identity } from "@spore/records"

// The DER prefix of an Ed25519 PKCS#8 private key (RFC 8410); the 32 seed bytes follow.
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex")

/**
 * The n-th test key, n from 0 to 65535: its seed is n in its last two bytes, zeros before. It signs natively, so that
 * tests can make thousands of records; the signatures are those of `createIdentity`.
 */
export function testIdentity(n: number): Identity {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint16(30, n)
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" })
  return { ...createIdentity(seed), sign: (message) => new Uint8Array(sign(null, message, key)) }
}
