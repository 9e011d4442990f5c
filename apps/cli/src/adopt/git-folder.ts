import { lstat, readdir, readFile, realpath } from "node:fs/promises"
import { dirname, join, relative, resolve, sep } from "node:path"
import { cliError } from "../errors.ts"

/** Where the objects are that a checkout's history is made of. */
export interface GitFolder {
  /** Host folder of loose objects and packs. */
  readonly objects: string
  /** Path of the checkout's folder in the repository: empty, or ending in `/`. */
  readonly prefix: string
  readonly hash: "sha1" | "sha256"
  /** Commits at which a shallow clone ends. */
  readonly shallow: readonly string[]
}

const MAX_TEXT = 1024 * 1024

/**
 * The repository that a folder is a checkout of; null where it is none. Its files are looked at by name alone. Objects
 * that lie elsewhere are refused: code that is signed goes to everyone, and a folder made by a stranger could lead to
 * repositories that are nobody else's business.
 *
 * @throws SporeError `results_refused`
 */
export async function findGitFolder(folder: string): Promise<GitFolder | null> {
  const start = await realpath(folder)
  for (let root = start; ; root = dirname(root)) {
    const entry = join(root, ".git")
    const kind = await kindOf(entry)
    if (kind !== null) {
      const prefix = start === root ? "" : `${relative(root, start).split(sep).join("/")}/`
      return describe(await commonFolder(entry, kind), prefix)
    }
    if (root === dirname(root)) return null
  }
}

async function describe(common: string, prefix: string): Promise<GitFolder> {
  const objects = join(common, "objects")
  if ((await kindOf(objects)) !== "folder") throw elsewhere(objects, "is no folder of its own")
  const entries = await readdir(objects, { recursive: true, withFileTypes: true })
  const leading = entries.find((entry) => !entry.isFile() && !entry.isDirectory())
  if (leading !== undefined) throw elsewhere(join(leading.parentPath, leading.name), "leads elsewhere")
  for (const name of ["alternates", "http-alternates"]) {
    const path = join(objects, "info", name)
    if ((await kindOf(path)) !== null) throw elsewhere(path, "borrows objects of another repository")
  }
  const [config, shallow] = await Promise.all([textOf(join(common, "config")), textOf(join(common, "shallow"))])
  return {
    objects,
    prefix,
    hash: /^\s*objectformat\s*=\s*"?sha256/im.test(config) ? "sha256" : "sha1",
    shallow: shallow.split("\n").filter((line) => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(line)),
  }
}

/** `.git` itself, or where a worktree's `.git` leads: only to a repository that knows of that worktree. */
async function commonFolder(entry: string, kind: Kind): Promise<string> {
  if (kind === "folder") return entry
  const [, named] = /^gitdir: (.+)\n?$/.exec(kind === "file" ? await textOf(entry) : "") ?? []
  if (named === undefined) throw elsewhere(entry, "is neither a repository nor a worktree of one")
  const own = resolve(dirname(entry), named)
  const back = (await textOf(join(own, "gitdir"))).trim()
  const common = (await textOf(join(own, "commondir"))).trim()
  const isKnown = back !== "" && common !== "" && (await realpath(resolve(own, back)).catch(() => "")) === entry
  if (!isKnown) throw elsewhere(entry, "leads to a repository that does not know of this worktree")
  return resolve(own, common)
}

type Kind = "file" | "folder" | "other"

async function kindOf(path: string): Promise<Kind | null> {
  const found = await lstat(path).catch(() => null)
  if (found === null) return null
  return found.isDirectory() ? "folder" : found.isFile() ? "file" : "other"
}

/** The text of a small regular file; empty where there is none. */
async function textOf(path: string): Promise<string> {
  const found = await lstat(path).catch(() => null)
  return found?.isFile() === true && found.size <= MAX_TEXT ? readFile(path, "utf8") : ""
}

function elsewhere(path: string, what: string): Error {
  return cliError("results_refused", `${path} ${what}, and so the code of its history is not read`, {
    next: "--history none; or clone the repository anew (git clone --no-local) and adopt the clone",
  })
}
