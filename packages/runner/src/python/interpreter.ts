import { SporeError } from "@spore/records"
import { execFileSync } from "node:child_process"
import {
  existsSync,
  lstatSync,
  openSync,
  closeSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs"
import { dirname, isAbsolute, join, resolve } from "node:path"

/** A Python on this machine, and what of the machine it needs to run. */
export interface PythonInterpreter {
  /** Absolute path, as programs start it. */
  readonly program: string
  /** Such as `3.11.2`. */
  readonly version: string
  /** Where it looks for packages, in its order. */
  readonly packages: readonly string[]
  /** What it needs beside the system's own folders. */
  readonly needs: PythonNeeds
}

/** Paths as the interpreter names them; a sandbox shows them at these places, read-only. */
export interface PythonNeeds {
  /** Folders and files: where they are expected, and where they are. */
  readonly shown: ReadonlyMap<string, string>
  /** Symbolic links on the way to the interpreter, and what they say. */
  readonly links: ReadonlyMap<string, string>
}

/** `python_unusable`: what was given is no Python that jobs can use. */
export type PythonErrorCode = "python_unusable"

const SYSTEM_PYTHON = "/usr/bin/python3"
/** What every sandbox shows anyway. */
const SYSTEM_FOLDERS = ["/usr", "/bin", "/sbin", "/lib", "/lib64"]
/** What of a prefix an interpreter needs; the rest of it, a home folder at the worst, stays hidden. */
const NEEDED = ["bin", "lib", "lib64", "pyvenv.cfg"]
const MAX_LINKS = 16
const TIMEOUT_MS = 5000

/** The system's own Python; null where there is none that works. */
export function findPython(): PythonInterpreter | null {
  try {
    return inspectPython(SYSTEM_PYTHON)
  } catch {
    return null
  }
}

/**
 * A Python by the path of its program, or of a virtual environment's folder. No code in Python is run.
 *
 * @throws SporeError `python_unusable`
 */
export function inspectPython(path: string): PythonInterpreter {
  if (!isAbsolute(path)) throw unusable(path, "it is no absolute path")
  const program = isFolder(path) ? join(path, "bin", "python3") : path
  if (!existsSync(program)) throw unusable(program, "there is no such file")
  if (isScript(program)) {
    throw unusable(
      program,
      "it is a script that looks for a Python",
      "give the interpreter itself: pyenv which python3",
    )
  }
  const version = parsePythonVersion(askVersion(program))
  if (version === null) throw unusable(program, "it does not say that it is a Python 3")
  const library = join("lib", `python${version.split(".", 2).join(".")}`)

  const own = dirname(dirname(program))
  const settings = readSettings(own)
  const base = dirname(dirname(realpathSync(program)))
  const basePackages = packagesOf(base, library)
  return {
    program,
    version,
    packages:
      settings === null
        ? basePackages
        : [join(own, library, "site-packages"), ...(settings.seesBase ? basePackages : [])],
    needs: needsOf(program, [...(settings === null ? [] : [own]), base], library),
  }
}

/** The version in what `python3 --version` prints. */
export function parsePythonVersion(text: string): string | null {
  return /^Python (\d+\.\d+\.\d+\S*)/.exec(text)?.[1] ?? null
}

function packagesOf(base: string, library: string): string[] {
  const own = join(base, library, "site-packages")
  if (base !== "/usr") return [own]
  return [join("/usr/local", library, "dist-packages"), "/usr/lib/python3/dist-packages", own]
}

/** Follows the program's links one by one, since each is looked up by its own name inside a sandbox. */
function needsOf(program: string, prefixes: readonly string[], library: string): PythonNeeds {
  const shown = new Map<string, string>()
  const links = new Map<string, string>()
  const isShown = (path: string): boolean =>
    [...SYSTEM_FOLDERS, ...shown.keys()].some((folder) => path === folder || path.startsWith(`${folder}/`))
  const show = (prefix: string): void => {
    if (isShown(prefix)) return
    for (const name of NEEDED) {
      const path = join(prefix, name)
      if (existsSync(path)) shown.set(path, realpathSync(path))
    }
  }
  for (const prefix of prefixes) show(prefix)
  let path = program
  for (let step = 0; step < MAX_LINKS; step++) {
    const target = lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null
    // A folder that is itself reached by a link: expected under that name as well.
    if (!isShown(path) && existsSync(join(dirname(dirname(path)), library))) show(dirname(dirname(path)))
    if (target === null) return { shown, links }
    if (!isShown(path)) links.set(path, target)
    path = resolve(dirname(path), target)
  }
  throw unusable(program, "its links do not end")
}

/** What a virtual environment's `pyvenv.cfg` says; null where the prefix is none. */
function readSettings(prefix: string): { seesBase: boolean } | null {
  try {
    const text = readFileSync(join(prefix, "pyvenv.cfg"), "utf8")
    return { seesBase: /^include-system-site-packages\s*=\s*true\s*$/im.test(text) }
  } catch {
    return null
  }
}

function askVersion(program: string): string {
  try {
    return execFileSync(program, ["--version"], {
      encoding: "utf8",
      env: {},
      timeout: TIMEOUT_MS,
      stdio: ["ignore", "pipe", "ignore"],
    })
  } catch {
    return ""
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function isScript(path: string): boolean {
  const file = openSync(path, "r")
  try {
    const start = Buffer.alloc(2)
    readSync(file, start, 0, 2, 0)
    return start.toString("latin1") === "#!"
  } finally {
    closeSync(file)
  }
}

function unusable(path: string, reason: string, next?: string): SporeError<PythonErrorCode> {
  return new SporeError("python_unusable", `${path} cannot be the Python of jobs: ${reason}`, {
    next: next ?? "give the path of a python3, or of a virtual environment's folder",
  })
}
