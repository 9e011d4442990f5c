import { lstat, mkdir, open, readdir, readFile } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { hasErrorCode } from "@spore/records"
import { problem } from "./errors.ts"
import { type Keys, privatePem, publicPem, readKey, type ReleaseKey, type Role, type RoleKeys, ROLES } from "./keys.ts"

/**
 * Writes keys as `ROLE-N.pem` (private, 0600) and `ROLE-N.pub`; nothing is overwritten.
 *
 * @throws SporeError `keys_not_written`
 */
export async function writeKeys(folder: string, keys: Partial<Keys>): Promise<string[]> {
  const tree = await gitWorkTree(folder)
  if (tree !== null) {
    const next = "name a folder outside of it, best on a medium of its own"
    throw problem(
      "keys_not_written",
      `${folder} lies in a git work tree (${tree}): private keys do not belong there`,
      next,
    )
  }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const written: string[] = []
  for (const role of ROLES) {
    for (const [i, key] of (keys[role]?.keys ?? []).entries()) {
      const path = join(folder, `${role}-${i + 1}`)
      await writeNew(`${path}.pem`, privatePem(key), 0o600)
      await writeNew(`${path}.pub`, publicPem(key), 0o644)
      written.push(`${path}.pem`)
    }
  }
  return written
}

/**
 * The keys of a folder, and those given as text (PEMs one after the other) by role. Of the root more than half of the
 * keys have to sign, of other roles one.
 *
 * @throws SporeError `bad_key`
 */
export async function readKeys(folder: string | undefined, texts: Partial<Record<Role, string>> = {}): Promise<Keys> {
  const names = folder === undefined ? [] : (await readdir(folder)).toSorted()
  async function keysOf(role: Role): Promise<RoleKeys> {
    const files = names.filter((name) => new RegExp(`^${role}-\\d+\\.(pem|pub)$`).test(name))
    const pems = await Promise.all(files.map((name) => readFile(join(folder ?? "", name), "utf8")))
    const all = [...pems, ...split(texts[role] ?? "")].map(readKey)
    const keys = distinct(all)
    return { keys, threshold: role === "root" ? Math.floor(keys.length / 2) + 1 : 1 }
  }
  const [root, targets, snapshot, timestamp] = await Promise.all(
    (["root", "targets", "snapshot", "timestamp"] as const).map(keysOf),
  )
  if (root === undefined || targets === undefined || snapshot === undefined || timestamp === undefined) {
    throw new TypeError("a role was left out")
  }
  return { root, targets, snapshot, timestamp }
}

/** Each once; with its private half where that is among them. */
function distinct(all: readonly ReleaseKey[]): ReleaseKey[] {
  const byId = new Map<string, ReleaseKey>()
  for (const one of all) {
    if (one.privateKey !== null || !byId.has(one.key.keyID)) byId.set(one.key.keyID, one)
  }
  return [...byId.values()]
}

function split(pems: string): string[] {
  return pems.match(/-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----/g) ?? []
}

/** The folder at or above that has a `.git`; null: none. */
async function gitWorkTree(folder: string): Promise<string | null> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (await exists(join(at, ".git"))) return at
    if (at === dirname(at)) return null
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR")) return false
    throw error
  }
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  try {
    const file = await open(path, "wx", mode)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    if (hasErrorCode(error, "EEXIST")) throw problem("keys_not_written", `${path} is there already; it is kept`)
    throw error
  }
}
