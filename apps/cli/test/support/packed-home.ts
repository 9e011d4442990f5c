import type { ChildProcess } from "node:child_process"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { packCli } from "@spore/packages"
import {
  createKeys,
  createRepository,
  type Keys,
  type Repository,
  type RepositoryServer,
  serveRepository,
} from "@spore/release"
import type { Clock } from "@spore/records"
import { temporaryFolder, until } from "@spore/testkit"
import { x } from "tar"
import { jsonObject } from "./match.ts"
import { type Ended, type Started, startProcess } from "./start-process.ts"

/** A release channel on this machine. */
export interface Channel extends AsyncDisposable {
  readonly repository: Repository
  readonly keys: Keys
  readonly server: RepositoryServer
  /** Path of its root of trust. */
  readonly root: string
}

/** @param now of whoever signs; the machine's by default */
export async function releaseChannel(folder: string, now: Clock["now"] = () => Date.now()): Promise<Channel> {
  const keys = createKeys()
  const repository = await createRepository({ folder: join(folder, "repository"), keys, clock: { now } })
  const server = await serveRepository(repository.folder)
  const root = join(folder, "root.json")
  await writeFile(root, repository.root)
  return { repository, keys, server, root, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

/** The packed command line, unpacked as npm does that, once for all homes of a test file. */
export interface Packed extends AsyncDisposable {
  readonly version: string
  /** Holds `package.json` and `dist/`. */
  readonly folder: string
}

export async function packedCli(version: string): Promise<Packed> {
  const folder = await temporaryFolder()
  await x({ file: await packCli({ version, folder: folder.path }), cwd: folder.path })
  return { version, folder: join(folder.path, "package"), [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

/** A user with the packed command line and a channel of their own. */
export interface PackedHome extends AsyncDisposable {
  readonly path: string
  /** The default data folder. */
  readonly dataDir: string
  readonly versions: string
  readonly env: Record<string, string>
  /** Runs a command to its end. */
  spore(...args: string[]): Promise<Ended>
  /** The same, with `--json`; what it printed, or the error that it ended by. */
  json(...args: string[]): Promise<Record<string, unknown>>
  start(...args: string[]): Started
}

/** @param entry `main`: the launcher; `cli`: the packed version whatever is installed beside it */
export async function packedHome(
  packed: Packed,
  channel: { readonly url: string; readonly root: string },
  changes: Readonly<Record<string, string>> = {},
  entry: "main" | "cli" = "main",
): Promise<PackedHome> {
  const folder = await temporaryFolder()
  const path = join(folder.path, "home")
  await mkdir(path)
  const children = new Set<ChildProcess>()
  const env: Record<string, string> = {
    PATH: process.env["PATH"] ?? "",
    HOME: path,
    SPORE_PEERS: "none",
    SPORE_PORT: "0",
    SPORE_WEB_PORT: "0",
    SPORE_UPDATE_URL: channel.url,
    SPORE_UPDATE_ROOT: channel.root,
    ...changes,
  }

  const program = join(packed.folder, `dist/${entry}.js`)
  const start = (...args: string[]): Started => startProcess({ program, args, env, children, timeoutMs: 60_000 })

  return {
    path,
    dataDir: join(path, ".spore"),
    versions: join(path, ".spore", "versions"),
    env,
    start,
    spore: (...args) => start(...args).ended,
    json: async (...args) => {
      const { stdout, stderr } = await start("--json", ...args).ended
      return jsonObject(stdout === "" ? (stderr.trim().split("\n").at(-1) ?? "") : stdout)
    },
    [Symbol.asyncDispose]: async () => {
      for (const child of children) child.kill("SIGTERM")
      await until(() => children.size === 0, { what: "the end of all processes" })
      await folder[Symbol.asyncDispose]()
    },
  }
}
