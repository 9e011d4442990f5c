/**
 * The objects of a stranger's repository, read by git without that repository's word on anything. Settings of a
 * repository can run programs (fsmonitor, filters, textconv, external diffs, gpg, hooks, the transport of a lazy fetch),
 * so git is given an empty repository of ours and the stranger's folder of objects, nothing else. Only `cat-file` and
 * `rev-list` are run: neither touches a working tree, an index or a ref.
 *
 * @packageDocumentation
 */
import { execFile } from "node:child_process"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { devNull, tmpdir } from "node:os"
import { join } from "node:path"
import { hasErrorCode } from "@spore/records"
import { cliError } from "../errors.ts"
import { findGitFolder, type GitFolder } from "./git-folder.ts"

/** A file at a commit. */
export interface Blob {
  readonly id: string
  /** Bytes. */
  readonly size: number
}

export interface GitObjects extends AsyncDisposable {
  readonly hash: GitFolder["hash"]
  /** Full ids of commits by what abbreviates them; what names no commit, or several, is left out. */
  commits(names: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** The parents of these commits, of theirs, and so on, of at most 200,000 commits. */
  parents(commits: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>
  /** For each full id of a commit and path in the folder its file; null where it has none. */
  blobs(places: readonly (readonly [commit: string, path: string])[]): Promise<(Blob | null)[]>
  /** The content of blobs, each once. */
  contents(blobs: readonly Blob[]): Promise<ReadonlyMap<string, Uint8Array>>
}

const MAX_COMMITS = 200_000
const MAX_OUTPUT = 96 * 1024 * 1024
const BATCH_BYTES = 32 * 1024 * 1024
const MAX_MS = 120_000

/**
 * Opens the history of a checkout; null where the folder is none.
 *
 * @param programs where they are looked for, as in PATH
 * @throws SporeError `results_refused`
 */
export async function openGitObjects(folder: string, programs: string | undefined): Promise<GitObjects | null> {
  const gitFolder = await findGitFolder(folder)
  if (gitFolder === null) return null
  const { hash, prefix } = gitFolder
  const own = await mkdtemp(join(tmpdir(), "spore-adopt-"))
  await writeEmptyRepository(own, gitFolder)
  const env = {
    PATH: programs ?? "",
    HOME: own,
    LC_ALL: "C",
    GIT_DIR: own,
    GIT_OBJECT_DIRECTORY: gitFolder.objects,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_SYSTEM: devNull,
    GIT_CONFIG_GLOBAL: devNull,
    GIT_ATTR_NOSYSTEM: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: "none",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
  }
  const git = (args: readonly string[], lines: readonly string[]): Promise<Buffer> => run(args, lines, own, env)
  const check = async (names: readonly string[], type: string): Promise<(Blob | null)[]> => {
    if (names.length === 0) return []
    const text = (await git(["cat-file", "--batch-check", "--buffer"], names)).toString("latin1")
    const answers = text.split("\n").slice(0, names.length)
    return answers.map((line) => {
      const [, id, of, size] = /^([0-9a-f]{40,64}) (\w+) (\d+)$/.exec(line) ?? []
      return id !== undefined && of === type ? { id, size: Number(size) } : null
    })
  }

  return {
    hash,
    commits: async (names) => {
      const known = names.filter((name) => /^[0-9a-f]{4,64}$/.test(name))
      const found = await check(
        known.map((name) => `${name}^{commit}`),
        "commit",
      )
      return new Map(
        known.flatMap((name, i) => {
          const commit = found[i] ?? null
          return commit === null ? [] : [[name, commit.id]]
        }),
      )
    },
    parents: async (commits) => {
      const args = ["rev-list", "--parents", `--max-count=${MAX_COMMITS}`, "--stdin"]
      const lines = (await git(args, commits)).toString("latin1").split("\n")
      return new Map(lines.map((line) => line.split(" ")).map(([id = "", ...parents]) => [id, parents]))
    },
    blobs: (places) =>
      check(
        // A request is a line; the empty one names nothing.
        places.map(([commit, path]) => (/[\n\r]/.test(prefix + path) ? "" : `${commit}:${prefix}${path}`)),
        "blob",
      ),
    contents: async (blobs) => {
      const contents = new Map<string, Uint8Array>()
      for (const batch of batches(blobs)) {
        const ids = batch.map(({ id }) => id)
        readBatch(await git(["cat-file", "--batch", "--buffer"], ids), batch, contents)
      }
      return contents
    },
    [Symbol.asyncDispose]: () => rm(own, { recursive: true, force: true }),
  }
}

/** What git needs to take a folder for a bare repository, written by hand so that no template is. */
async function writeEmptyRepository(own: string, { hash, shallow }: GitFolder): Promise<void> {
  const format = hash === "sha256" ? "1\n[extensions]\n\tobjectFormat = sha256" : "0"
  // What the repository says of its own commits beside them is not believed.
  const config = `[core]\n\tbare = true\n\tcommitGraph = false\n\tmultiPackIndex = false\n\trepositoryFormatVersion = ${format}\n`
  await mkdir(join(own, "refs"))
  await mkdir(join(own, "objects"))
  await writeFile(join(own, "HEAD"), "ref: refs/heads/none\n")
  await writeFile(join(own, "config"), config)
  if (shallow.length > 0) await writeFile(join(own, "shallow"), `${shallow.join("\n")}\n`)
}

/** Each blob once, as many at a time as fit into memory. */
function* batches(blobs: readonly Blob[]): Generator<Blob[]> {
  let batch: Blob[] = []
  let bytes = 0
  for (const blob of new Map(blobs.map((one) => [one.id, one])).values()) {
    if (batch.length > 0 && bytes + blob.size > BATCH_BYTES) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(blob)
    bytes += blob.size
  }
  if (batch.length > 0) yield batch
}

/** `ID blob SIZE`, the content, and a line break, for each. */
function readBatch(output: Buffer, batch: readonly Blob[], contents: Map<string, Uint8Array>): void {
  let at = 0
  for (const { id, size } of batch) {
    const heading = `${id} blob ${size}\n`
    if (output.toString("latin1", at, at + heading.length) !== heading) throw unreadable(`no object ${id}`)
    at += heading.length
    contents.set(id, Uint8Array.from(output.subarray(at, at + size)))
    at += size + 1
  }
}

function run(
  args: readonly string[],
  lines: readonly string[],
  cwd: string,
  env: Record<string, string>,
): Promise<Buffer> {
  return new Promise((fulfil, reject) => {
    const options = {
      cwd,
      env,
      encoding: "buffer",
      maxBuffer: MAX_OUTPUT,
      timeout: MAX_MS,
      killSignal: "SIGKILL",
    } as const
    const child = execFile("git", args, options, (error, stdout, stderr) => {
      if (error === null) fulfil(stdout)
      else if (hasErrorCode(error, "ENOENT"))
        reject(unreadable("git is not installed", "install git, or --history none"))
      else reject(unreadable(stderr.toString("utf8").trim().split("\n")[0] || error.message))
    })
    // One that ended early is told of above.
    child.stdin?.on("error", () => undefined)
    child.stdin?.end(lines.map((line) => `${line}\n`).join(""))
  })
}

function unreadable(reason: string, next = "git fsck in that folder; or --history none"): Error {
  return cliError("results_refused", `the history of the folder cannot be read: ${reason}`, { next })
}
