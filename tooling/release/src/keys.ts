import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto"
import { Key, Signature } from "@tufjs/models"
import { problem } from "./errors.ts"

export const ROLES = ["root", "targets", "snapshot", "timestamp"] as const
export type Role = (typeof ROLES)[number]

/** An Ed25519 key of the channel; its private half may be elsewhere. */
export interface ReleaseKey {
  readonly key: Key
  readonly privateKey: KeyObject | null
}

/** Who signs for a role, and how many of them have to. */
export interface RoleKeys {
  readonly keys: readonly ReleaseKey[]
  readonly threshold: number
}

export type Keys = Readonly<Record<Role, RoleKeys>>

/** Fresh keys: three of the root, of which two have to sign, and one of each other role. */
export function createKeys(): Keys {
  const one = (): RoleKeys => ({ keys: [createKey()], threshold: 1 })
  return {
    root: { keys: [createKey(), createKey(), createKey()], threshold: 2 },
    targets: one(),
    snapshot: one(),
    timestamp: one(),
  }
}

export function createKey(): ReleaseKey {
  return fromPrivate(generateKeyPairSync("ed25519").privateKey)
}

/** @throws SporeError `bad_key` */
export function readKey(pem: string): ReleaseKey {
  let key: KeyObject
  try {
    key = pem.includes("PRIVATE KEY") ? createPrivateKey(pem) : createPublicKey(pem)
  } catch {
    throw problem("bad_key", "this is no key in PEM form")
  }
  if (key.asymmetricKeyType !== "ed25519") throw problem("bad_key", "the key is not an Ed25519 key")
  return key.type === "private" ? fromPrivate(key) : { key: describe(key), privateKey: null }
}

export function privatePem({ privateKey, key }: ReleaseKey): string {
  if (privateKey === null) throw problem("keys_missing", `the private half of key ${key.keyID} is not here`)
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString()
}

export function publicPem({ key }: ReleaseKey): string {
  const x = Buffer.from(key.keyVal["public"] ?? "", "hex").toString("base64url")
  const object = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" })
  return object.export({ type: "spki", format: "pem" }).toString()
}

/** A function that signs as tuf-js wants it; null: the private half is elsewhere. */
export function signerOf({ key, privateKey }: ReleaseKey): ((data: Buffer) => Signature) | null {
  if (privateKey === null) return null
  return (data) => new Signature({ keyID: key.keyID, sig: sign(null, data, privateKey).toString("hex") })
}

function fromPrivate(privateKey: KeyObject): ReleaseKey {
  return { key: describe(createPublicKey(privateKey)), privateKey }
}

function describe(publicKey: KeyObject): Key {
  const hex = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("hex")
  const fields = { keytype: "ed25519", keyval: { public: hex }, scheme: "ed25519" }
  // The fields are in the order of canonical JSON, of which the specification wants the hash.
  const keyID = createHash("sha256").update(JSON.stringify(fields)).digest("hex")
  return new Key({ keyID, keyType: fields.keytype, scheme: fields.scheme, keyVal: fields.keyval })
}
