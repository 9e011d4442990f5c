import { execFile } from "node:child_process"
import { mkdir, writeFile } from "node:fs/promises"
import { delimiter, dirname, join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)

export interface InstallInit {
  /** Empty or new. */
  readonly folder: string
  /** URL of the registry. */
  readonly registry: string
  /** What to install: versions by name. */
  readonly packages: Readonly<Record<string, string>>
}

/** Installs packages by npm as a machine would that never heard of the workspace: empty home, empty cache. */
export async function installPackages({ folder, registry, packages }: InstallInit): Promise<void> {
  await mkdir(folder, { recursive: true })
  const manifest = { name: "user", private: true, type: "module", dependencies: packages }
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest))
  await npm(folder, registry, ["install"])
}

/** Installs a tarball as `npm install --global` does; gives the folder of its commands. */
export async function installGlobally(folder: string, registry: string, tarball: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const prefix = join(folder, "prefix")
  await npm(folder, registry, ["install", "--global", "--prefix", prefix, tarball])
  return join(prefix, "bin")
}

/**
 * The environment of a machine with nothing of Spore on it: programs of the system and this Node.js.
 *
 * @param commands folders of commands that come before those
 */
export function emptyEnvironment(folder: string, ...commands: string[]): Record<string, string> {
  const paths = [...commands, dirname(process.execPath), process.env["PATH"] ?? ""]
  // Nobody is dialled, and no version but the installed one is run.
  return { PATH: paths.join(delimiter), HOME: join(folder, "home"), SPORE_PEERS: "none", SPORE_VERSIONS: "none" }
}

async function npm(folder: string, registry: string, args: readonly string[]): Promise<void> {
  const options = ["--no-audit", "--no-fund", "--no-update-notifier", "--registry", registry]
  const places = ["--cache", join(folder, "cache"), "--globalconfig", join(folder, "npmrc")]
  const env = emptyEnvironment(folder)
  await mkdir(join(folder, "home"), { recursive: true })
  await run("npm", [...args, ...options, ...places], { cwd: folder, env, maxBuffer: 16 * 1024 * 1024 })
}
