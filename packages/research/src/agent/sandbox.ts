/**
 * What an agent is shown in the `files` sandbox: its own folder, a HOME made for the attempt with its login and
 * settings in it, the system's programs, and itself.
 *
 * @packageDocumentation
 */
import { isSystemPath, isWithin, type ShownPath, type UserView } from "@spore/runner/user-program"
import { constants, existsSync } from "node:fs"
import { access, copyFile, mkdir, open, realpath, stat } from "node:fs/promises"
import { basename, delimiter, dirname, isAbsolute, join, resolve, sep } from "node:path"
import type { AgentCommand } from "./command.ts"
import type { AttemptFolder } from "./layout.ts"

/** Where the agent's folder and its HOME appear. */
export const INSIDE_TREE = "/work"
const INSIDE_HOME = "/home/spore"
const INSIDE_TEMPORARY = "/tmp"
const MAX_CONFIG = 4 * 1024 * 1024
const SHEBANG = /^#!\s*(\S+)(?:\s+(?:-S\s+)?(\S+))?/

/** The program by absolute path, as a shell finds it; null where there is none. */
export async function findProgram(name: string, path: string): Promise<string | null> {
  const candidates = name.includes(sep) ? [resolve(name)] : searched(path).map((folder) => join(folder, name))
  for (const candidate of candidates) {
    const found = await stat(candidate).catch(() => null)
    if (found?.isFile() !== true) continue
    const may = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (may) return candidate
  }
  return null
}

function searched(path: string): string[] {
  return path.split(delimiter).filter(isAbsolute)
}

export interface FilesViewInit {
  command: AgentCommand
  /** The program found and the words after it. */
  words: readonly [string, ...string[]]
  folder: AttemptFolder
  /** The keeper's. */
  env: Readonly<Record<string, string | undefined>>
  /** Never shown, whatever they lie in. */
  hidden: readonly string[]
  /** Shown read-only besides. */
  show: readonly string[]
}

/** Prepares the HOME of the attempt, and tells what is shown. */
export async function filesView(init: FilesViewInit): Promise<UserView> {
  const { command, folder, env } = init
  const home = insideHome(env)
  const hidden = await Promise.all(init.hidden.map((path) => realpath(path).catch(() => path)))
  const shown: ShownPath[] = [
    { from: folder.tree, to: INSIDE_TREE, writable: true },
    { from: folder.temporary, to: INSIDE_TEMPORARY, writable: true },
    { from: folder.home, to: home, writable: true },
  ]
  for (const path of await neededPaths(init)) {
    const isWide = isWithin(home, path) || [...hidden, folder.root].some((secret) => isWithin(secret, path))
    if (!isWide && !isSystemPath(path) && existsSync(path)) shown.push({ from: path, to: path, writable: false })
  }
  if (env["HOME"] !== undefined) {
    for (const path of command.login) {
      const from = join(env["HOME"], path)
      if (existsSync(from)) shown.push({ from: await realpath(from), to: join(home, path), writable: true })
    }
    for (const path of command.config) await copyConfig(join(env["HOME"], path), join(folder.home, path))
  }
  return { shown: unique(shown), hidden: init.hidden, cwd: INSIDE_TREE }
}

/** HOME as the agent finds it: at the keeper's own place, so that paths in settings stay true. */
export function insideHome(env: Readonly<Record<string, string | undefined>>): string {
  const home = env["HOME"]
  return home === undefined || !isAbsolute(home) || home === "/" || isSystemPath(home) ? INSIDE_HOME : home
}

export const insideTemporary: string = INSIDE_TEMPORARY

/** The folders of PATH, the program with what belongs to it, and files that the command or environment names. */
async function neededPaths({ words, env, show }: FilesViewInit): Promise<string[]> {
  const [program, ...args] = words
  const named = ["SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"].flatMap(
    (name) => env[name] ?? [],
  )
  return [
    ...searched(env["PATH"] ?? ""),
    ...(await programPaths(program, env)),
    ...[...named, ...args].filter((word) => isAbsolute(word) && existsSync(word)),
    ...show,
  ].map((path) => resolve(path))
}

/** A program, what lies beside it, and the same of the interpreter that it names. */
async function programPaths(program: string, env: Readonly<Record<string, string | undefined>>): Promise<string[]> {
  const { HOME: home, PATH: path = "" } = env
  const real = await realpath(program)
  const paths = [program, real, belongings(real, home)]
  const [, first = "", second] = SHEBANG.exec(await firstLine(real)) ?? []
  if (first === "") return paths
  const interpreter = basename(first) === "env" && second !== undefined ? await findProgram(second, path) : first
  if (interpreter === null || !existsSync(interpreter)) return paths
  const realInterpreter = await realpath(interpreter)
  return [...paths, interpreter, belongings(interpreter, home), realInterpreter, belongings(realInterpreter, home)]
}

/** What was installed with a program: its node_modules, its prefix, else its folder. */
function belongings(program: string, home: string | undefined): string {
  const parts = program.split(sep)
  const modules = parts.indexOf("node_modules")
  if (modules !== -1) return parts.slice(0, modules + 1).join(sep)
  const folder = dirname(program)
  const prefix = dirname(folder)
  // where everything of a user's is installed, with its data
  const isShared = home !== undefined && prefix === join(home, ".local")
  return basename(folder) === "bin" && !isShared ? prefix : folder
}

async function firstLine(path: string): Promise<string> {
  await using file = await open(path, "r")
  const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0)
  return buffer.subarray(0, bytesRead).toString("latin1").split("\n")[0] ?? ""
}

async function copyConfig(from: string, to: string): Promise<void> {
  const found = await stat(from).catch(() => null)
  if (found?.isFile() !== true || found.size > MAX_CONFIG) return
  await mkdir(dirname(to), { recursive: true })
  await copyFile(from, to)
}

/** Each place once: the first says how. */
function unique(shown: readonly ShownPath[]): ShownPath[] {
  return shown.filter(({ to }, i) => shown.findIndex((other) => other.to === to) === i)
}
