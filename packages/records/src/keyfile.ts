/**
 * The identity key on disk: PKCS#8 PEM, readable by its owner alone.
 *
 * @packageDocumentation
 */
import { createPrivateKey, randomUUID } from "node:crypto"
import { link, mkdir, open, readFile, rm, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { hasErrorCode, messageOf, SporeError } from "./errors.ts"
import { createIdentity, type Identity } from "./keys.ts"

export type KeyfileErrorCode = "key_unreadable" | "key_too_open" | "key_malformed" | "key_exists"

// The DER prefix of an Ed25519 PKCS#8 private key (RFC 8410); the 32 seed bytes follow.
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex")

/**
 * Loads the key at `path`, creating it (0600, its folder 0700) where there is none.
 *
 * @throws SporeError `key_too_open` where others can read it, `key_malformed`, `key_unreadable`
 */
export async function loadOrCreateIdentity(path: string): Promise<Identity> {
  try {
    return await loadIdentity(path)
  } catch (error) {
    if (!(error instanceof SporeError && error.code === "key_unreadable" && isMissing(error.cause))) throw error
  }
  await createKeyfile(path, createIdentity())
  return loadIdentity(path)
}

/**
 * Keeps a key that came from elsewhere at `path` (0600, its folder 0700).
 *
 * @throws SporeError `key_exists` where another key is there already, `key_unreadable`, and as `loadIdentity`
 */
export async function storeIdentity(path: string, identity: Identity): Promise<void> {
  await createKeyfile(path, identity)
  const { nodeId } = await loadIdentity(path)
  if (nodeId !== identity.nodeId) {
    throw new SporeError<KeyfileErrorCode>("key_exists", `${path} holds the key of another node, ${nodeId}`, {
      next: `move ${path} away`,
    })
  }
}

/**
 * Loads an existing key.
 *
 * @throws SporeError `key_too_open`, `key_malformed`, `key_unreadable`
 */
export async function loadIdentity(path: string): Promise<Identity> {
  let pem: string
  let mode: number
  try {
    ;({ mode } = await stat(path))
    pem = await readFile(path, "utf8")
  } catch (error) {
    throw new SporeError<KeyfileErrorCode>("key_unreadable", `cannot read the identity key: ${messageOf(error)}`, {
      cause: error,
    })
  }
  if ((mode & 0o077) !== 0) {
    throw new SporeError<KeyfileErrorCode>("key_too_open", `others can read the identity key ${path}`, {
      next: `chmod 600 ${quoted(path)}`,
    })
  }
  try {
    const key = createPrivateKey(pem)
    const der = key.export({ format: "der", type: "pkcs8" })
    if (key.asymmetricKeyType !== "ed25519") throw new Error("not an Ed25519 key")
    return createIdentity(der.subarray(PKCS8_PREFIX.length))
  } catch (error) {
    throw new SporeError<KeyfileErrorCode>("key_malformed", `${path} is not an Ed25519 key in PKCS#8 PEM`, {
      cause: error,
      next: `move ${path} away; a new identity is made at the next start`,
    })
  }
}

/** Makes the file of a key; leaves one that is there as it is. */
async function createKeyfile(path: string, identity: Identity): Promise<void> {
  try {
    await writeBeside(path, pemOf(identity))
  } catch (error) {
    throw new SporeError<KeyfileErrorCode>("key_unreadable", `cannot create the identity key: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

function pemOf(identity: Identity): string {
  const der = Buffer.concat([PKCS8_PREFIX, identity.exportSeed()])
  return `-----BEGIN PRIVATE KEY-----\n${der.toString("base64")}\n-----END PRIVATE KEY-----\n`
}

/** Writes a file beside its place and links it there, so that a crash leaves no half key and no race two. */
async function writeBeside(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  // Under a name of its own: process ids are the same in containers that share a volume.
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(temporary, "wx", 0o600)
    try {
      await file.chmod(0o600)
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await link(temporary, path).catch((error: unknown) => {
      if (!hasErrorCode(error, "EEXIST")) throw error
    })
  } finally {
    await rm(temporary, { force: true })
  }
}

function isMissing(error: unknown): boolean {
  return hasErrorCode(error, "ENOENT")
}

/** The path as one word of a POSIX shell. */
function quoted(path: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
