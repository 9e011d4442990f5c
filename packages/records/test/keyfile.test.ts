import { type ChildProcess, spawn } from "node:child_process"
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto"
import { once } from "node:events"
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { loadIdentity, loadOrCreateIdentity, storeIdentity } from "../src/keyfile.ts"
import { author } from "./worked-objects.ts"

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spore-keyfile-"))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const ed25519 = pemOf(Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), author.exportSeed()]))

function pemOf(der: Uint8Array): string {
  return `-----BEGIN PRIVATE KEY-----\n${Buffer.from(der).toString("base64")}\n-----END PRIVATE KEY-----\n`
}

async function put(content: string | Uint8Array, permissions = 0o600): Promise<string> {
  const path = join(folder, "identity.pem")
  await writeFile(path, content)
  await chmod(path, permissions)
  return path
}

const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

describe("a new key", () => {
  test("is readable by its owner alone, in folders of its owner alone, whatever the umask", async () => {
    const path = join(folder, "home", "spore", "identity.pem")
    const before = process.umask(0)
    try {
      await loadOrCreateIdentity(path)
    } finally {
      process.umask(before)
    }
    expect(await mode(path)).toBe(0o600)
    expect(await mode(join(folder, "home", "spore"))).toBe(0o700)
    expect(await mode(join(folder, "home"))).toBe(0o700)
  })

  test("stays the same, leaves nothing beside it and is a key to other tools", async () => {
    const path = join(folder, "identity.pem")
    const identity = await loadOrCreateIdentity(path)
    const pem = await readFile(path, "utf8")
    expect((await loadOrCreateIdentity(path)).nodeId).toBe(identity.nodeId)
    expect((await loadIdentity(path)).nodeId).toBe(identity.nodeId)
    expect(await readFile(path, "utf8")).toBe(pem)
    expect(await readdir(folder)).toEqual(["identity.pem"])

    const key = createPrivateKey(pem)
    expect(key.asymmetricKeyType).toBe("ed25519")
    const spki = createPublicKey(key).export({ format: "der", type: "spki" })
    expect(new Uint8Array(spki.subarray(-32))).toEqual(identity.publicKey)
  })

  test("is one key when many ask at once in one process", async () => {
    const path = join(folder, "identity.pem")
    const identities = await Promise.all(Array.from({ length: 20 }, () => loadOrCreateIdentity(path)))
    expect(new Set(identities.map(({ nodeId }) => nodeId)).size).toBe(1)
    expect(await readdir(folder)).toEqual(["identity.pem"])
  })

  test("is one key when several processes ask at once", async () => {
    const path = join(folder, "deep", "identity.pem")
    const program = `
      import { loadOrCreateIdentity } from "@spore/records/keyfile"
      process.stdout.write("ready\\n")
      process.stdin.once("data", async () => {
        process.stdout.write((await loadOrCreateIdentity(process.argv[1])).nodeId)
        process.stdin.destroy()
      })`
    const cwd = fileURLToPath(new URL("..", import.meta.url))
    const children = Array.from({ length: 5 }, () =>
      spawn(process.execPath, ["--input-type=module", "--eval", program, path], {
        cwd,
        stdio: ["pipe", "pipe", "inherit"],
      }),
    )
    const answers = await Promise.all(children.map(answerAfter(Promise.all(children.map(isReady)))))
    expect(answers[0]).toMatch(/^12D3KooW/)
    expect(new Set(answers).size).toBe(1)
    expect((await loadIdentity(path)).nodeId).toBe(answers[0])
    expect(await readdir(join(folder, "deep"))).toEqual(["identity.pem"])
  })
})

describe("a key from elsewhere", () => {
  test("is kept like a new one", async () => {
    const path = join(folder, "home", "identity.pem")
    await storeIdentity(path, author)
    expect(await mode(path)).toBe(0o600)
    expect(await mode(join(folder, "home"))).toBe(0o700)
    expect((await loadOrCreateIdentity(path)).exportSeed()).toEqual(author.exportSeed())
    await storeIdentity(path, author)
    expect(await readdir(join(folder, "home"))).toEqual(["identity.pem"])
  })

  test("never takes the place of another, or of something that is no key", async () => {
    const path = join(folder, "identity.pem")
    const { nodeId } = await loadOrCreateIdentity(path)
    await expect(storeIdentity(path, author)).rejects.toMatchObject({ code: "key_exists", next: `move ${path} away` })
    expect((await loadIdentity(path)).nodeId).toBe(nodeId)
    await writeFile(path, "secret")
    await expect(storeIdentity(path, author)).rejects.toMatchObject({ code: "key_malformed" })
    expect(await readFile(path, "utf8")).toBe("secret")
    expect(await readdir(folder)).toEqual(["identity.pem"])
  })
})

async function isReady(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error("no output to read")
  await once(child.stdout, "readable")
  child.stdout.read()
}

/** Lets the child go once everybody is ready, and returns what it says. */
function answerAfter(everybody: Promise<unknown>): (child: ChildProcess) => Promise<string> {
  return async (child) => {
    await everybody
    if (child.stdout === null) throw new Error("no output to read")
    child.stdin?.write("go\n")
    return text(child.stdout)
  }
}

describe("an existing key", () => {
  test("is read as other tools write it", async () => {
    expect((await loadOrCreateIdentity(await put(ed25519))).nodeId).toBe(author.nodeId)
    expect((await loadOrCreateIdentity(await put(ed25519, 0o400))).nodeId).toBe(author.nodeId)
  })

  test.each([0o644, 0o640, 0o604, 0o660, 0o666, 0o601, 0o610])(
    "that others can reach (%o) is refused with the command that mends it",
    async (bits) => {
      const path = await put(ed25519, bits)
      await expect(loadOrCreateIdentity(path)).rejects.toMatchObject({
        code: "key_too_open",
        next: `chmod 600 ${path}`,
      })
      expect(await mode(path)).toBe(bits)
    },
  )

  test("in a folder with an odd name is mended by a command that a shell understands", async () => {
    await mkdir(join(folder, "it's mine; rm"))
    const path = join(folder, "it's mine; rm", "identity.pem")
    await writeFile(path, ed25519, { mode: 0o644 })
    await chmod(path, 0o644)
    const next = await loadIdentity(path).then(
      () => "",
      (error: { next: string }) => error.next,
    )
    const shell = spawn("sh", ["-c", next])
    await once(shell, "exit")
    expect((await loadIdentity(path)).nodeId).toBe(author.nodeId)
  })

  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
  const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
  const locked = createPrivateKey(ed25519).export({
    format: "pem",
    type: "pkcs8",
    cipher: "aes-256-cbc",
    passphrase: "p",
  })
  test.each<[string, string | Uint8Array]>([
    ["empty", ""],
    ["no PEM", "secret"],
    ["cut short", ed25519.slice(0, 60)],
    ["an RSA key", rsa.export({ format: "pem", type: "pkcs8" })],
    ["another curve", p256.export({ format: "pem", type: "sec1" })],
    ["a public key", createPublicKey(rsa).export({ format: "pem", type: "spki" })],
    ["locked with a passphrase", locked],
    ["raw bytes", author.exportSeed()],
  ])("that is %s is refused, and never overwritten", async (_, content) => {
    const path = await put(content)
    const before = await readFile(path)
    await expect(loadOrCreateIdentity(path)).rejects.toMatchObject({
      code: "key_malformed",
      next: `move ${path} away; a new identity is made at the next start`,
    })
    expect(await readFile(path)).toEqual(before)
    expect(await readdir(folder)).toEqual(["identity.pem"])
  })

  test("that cannot be read, or made, is an error with a code", async () => {
    await expect(loadIdentity(join(folder, "none.pem"))).rejects.toMatchObject({ code: "key_unreadable" })
    await mkdir(join(folder, "folder.pem"))
    await expect(loadOrCreateIdentity(join(folder, "folder.pem"))).rejects.toMatchObject({ code: "key_unreadable" })
    await writeFile(join(folder, "file"), "")
    await expect(loadOrCreateIdentity(join(folder, "file", "identity.pem"))).rejects.toMatchObject({
      code: "key_unreadable",
    })
    await symlink(join(folder, "nowhere"), join(folder, "dangling.pem"))
    await expect(loadOrCreateIdentity(join(folder, "dangling.pem"))).rejects.toMatchObject({ code: "key_unreadable" })
    // A path too long to create.
    await expect(loadOrCreateIdentity(join(folder, "x".repeat(250)))).rejects.toMatchObject({ code: "key_unreadable" })
  })
})
