import { type Clock, messageOf, SporeError, systemClock } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import { createHash } from "node:crypto"
import { chmod, link, lstat, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { z } from "zod"
import { createJobFolder, type JobFolder, removeLeftovers } from "../job-folder.ts"
import type { PythonInterpreter } from "../python/interpreter.ts"
import { removeTree } from "../remove-tree.ts"
import { folderSize } from "../sandbox/folder-size.ts"
import type { Sandbox } from "../sandbox/sandbox.ts"
import { tellingLine } from "../text.ts"
import type {
  Environment,
  EnvironmentErrorCode,
  EnvironmentRequest,
  Environments,
  PrepareOptions,
  Wheel,
} from "./environment.ts"
import { formatLock, type LockedPackage, parseLock } from "./lock.ts"
import { createSharedWork } from "./shared-work.ts"
import { INSTALL_PROGRAM, PIP_PROGRAM } from "./programs.ts"
import { runTool } from "./tool.ts"
import { venvProblem } from "./venv.ts"

export interface EnvironmentsInit {
  /** Host folder for them, on a disk, made where it is missing. */
  folder: string
  /** Where packages are unpacked: what is in them is a stranger's. */
  sandbox: Sandbox
  /** What environments are made of, the one that the sandbox has as `python3`; null: none can be made here. */
  python: PythonInterpreter | null
  /** Further arguments of `pip download`: where packages come from, such as `["--index-url", "https://…"]`. */
  pipArguments?: readonly string[]
  /** Variables of `pip download`, such as HOME and proxies. */
  pipEnv?: Readonly<Record<string, string>>
  clock?: Clock
}

const GIB = 1024 ** 3
/** Of the downloads, and of an environment. */
const MAX_BYTES = 32 * GIB
const MAX_FILES = 500_000
const INSTALL_LIMITS = { wallSeconds: 3600, memoryMb: 4096, processes: 256, outputBytes: MAX_BYTES }
const LOCK = "lock.txt"
const PIP_FILE = "pip.py"
const INSTALL_FILE = "install.py"
const RECORD = "environment.json"
const VENV = "venv"
const KEEP_DOWNLOADS_MS = 7 * 24 * 3600 * 1000
const ID = /^[0-9a-f]{64}$/

/** Wheels alone: to build anything else means to run code of the package. */
const PIP = [
  "--disable-pip-version-check",
  "--no-input",
  "--no-color",
  "--progress-bar=off",
  "--require-hashes",
  "--no-deps",
  "--only-binary=:all:",
]

const recordSchema = z.object({
  id: z.string().regex(ID),
  python: z.string(),
  packages: z.array(z.object({ name: z.string(), version: z.string() })),
  bytes: z.number(),
  created: z.number(),
})

/** Keeps Python environments below a folder: each is made beside the others and put in its place when it is whole. */
export function createEnvironments(init: EnvironmentsInit): Environments {
  const { folder, sandbox, python } = init
  const preparing = createSharedWork<Environment>(aborted)
  const fetching = createSharedWork<Wheel[]>(aborted)
  const clock = init.clock ?? systemClock
  const cleaned = Promise.all([removeLeftovers(folder), removeOldDownloads()]).catch(() => undefined)

  const placeOf = (id: string): string => join(folder, id)
  const wheelsOf = (id: string): string => join(folder, "wheels", id)
  const consentOf = (id: string): string => join(folder, "allowed", id)

  function identify(request: EnvironmentRequest): { id: string; lock: string; packages: LockedPackage[] } {
    const packages = parseLock(request.lock)
    const lock = formatLock(packages)
    // The path as well: an environment leads back to the very Python that made it.
    const parts = [lock, python?.version ?? null, python?.program ?? null, request.systemPackages]
    return { id: createHash("sha256").update(JSON.stringify(parts)).digest("hex"), lock, packages }
  }

  /** Those that nobody said yes to. */
  async function removeOldDownloads(): Promise<void> {
    const all = join(folder, "wheels")
    for (const id of await readdir(all).catch(() => [])) {
      const { mtimeMs } = await lstat(join(all, id))
      if (clock.now() - mtimeMs > KEEP_DOWNLOADS_MS) await removeTree(join(all, id))
    }
  }

  async function read(id: string): Promise<Environment | null> {
    try {
      const record = recordSchema.parse(JSON.parse(await readFile(join(placeOf(id), RECORD), "utf8")))
      return { ...record, id, folder: join(placeOf(id), VENV) }
    } catch {
      // None, or not one of ours: they are put in place whole.
      return null
    }
  }

  async function fetchWheels(id: string, lock: string, options: PrepareOptions): Promise<Wheel[]> {
    const known = await listWheels(wheelsOf(id))
    if (known !== null) return known
    await cleaned
    await using draft = await createJobFolder(folder, files({ [LOCK]: lock, [PIP_FILE]: PIP_PROGRAM }))
    const wheels = join(draft.outputs, "wheels")
    await mkdir(wheels)
    if (lock !== "") {
      const problem = await runTool(
        [
          requirePython(python).program,
          join(draft.inputs, PIP_FILE),
          join(draft.outputs, "pip"),
          "download",
          ...PIP,
          `--dest=${wheels}`,
          ...(init.pipArguments ?? []),
          `--requirement=${join(draft.inputs, LOCK)}`,
        ],
        { ...options, env: init.pipEnv ?? {}, folder: draft.outputs, maxBytes: MAX_BYTES },
      )
      if (options.signal?.aborted === true) throw aborted()
      if (problem !== null) throw failed("pip download", problem)
    }
    for (const name of await readdir(wheels)) await chmod(join(wheels, name), 0o644)
    await chmod(wheels, 0o755)
    const listed = (await listWheels(wheels)) ?? []
    await putInPlace(wheels, wheelsOf(id))
    return listed
  }

  async function build(request: EnvironmentRequest, options: PrepareOptions): Promise<Environment> {
    const { id, lock, packages } = identify(request)
    const { version } = requirePython(python)
    await fetching.join(id, options, (shared) => fetchWheels(id, lock, shared))
    await cleaned
    const programs = { [LOCK]: lock, [PIP_FILE]: PIP_PROGRAM, [INSTALL_FILE]: INSTALL_PROGRAM }
    await using draft = await createJobFolder(folder, files(programs))
    const wheels = join(draft.root, "wheels")
    try {
      await linkAll(wheelsOf(id), wheels)
    } catch (error) {
      // Another process was faster, and needs its downloads no more.
      const made = await read(id)
      if (made === null) throw failed("its downloads", messageOf(error))
      return made
    }
    await install({ draft, wheels, isEmpty: lock === "", systemPackages: request.systemPackages }, options)
    const problem = await venvProblem(join(draft.outputs, VENV))
    if (problem !== null) throw failed("what the installation left", problem)
    const whole = join(draft.root, "whole")
    await mkdir(whole, { mode: 0o700 })
    await rename(join(draft.outputs, VENV), join(whole, VENV))
    const record = {
      id,
      python: version,
      packages: packages.map((locked) => ({ name: locked.name, version: locked.version })),
      bytes: (await folderSize(join(whole, VENV), MAX_FILES)).bytes,
      created: clock.now(),
    }
    await writeFile(join(whole, RECORD), `${JSON.stringify(record)}\n`, { mode: 0o600 })
    await putInPlace(whole, placeOf(id))
    await removeTree(wheelsOf(id))
    return { ...record, folder: join(placeOf(id), VENV) }
  }

  /** In the sandbox: what pip installed may bring code that every start of its Python runs. */
  async function install(
    what: { draft: JobFolder; wheels: string; isEmpty: boolean; systemPackages: boolean },
    options: PrepareOptions,
  ): Promise<void> {
    const { draft } = what
    const mounts = { wheels: what.wheels }
    const paths = sandbox.paths({ ...draft, mounts })
    const [wheels = ""] = Object.values(paths.mounts)
    const packages = ["--no-cache-dir", "--no-index", ...PIP, "--find-links", wheels, "--requirement", LOCK]
    const job = await sandbox.run(
      {
        cmd: [
          "python3",
          `${paths.inputs}/${INSTALL_FILE}`,
          `${paths.outputs}/${VENV}`,
          `${paths.outputs}/pip`,
          `${paths.inputs}/${PIP_FILE}`,
          ...(what.systemPackages ? ["--system-site-packages"] : []),
          "--",
          ...(what.isEmpty ? [] : packages),
        ],
        inputs: draft.inputs,
        outputs: draft.outputs,
        mounts,
        env: { PIP_CONFIG_FILE: "/dev/null", TMPDIR: paths.outputs },
        limits: INSTALL_LIMITS,
      },
      options,
    )
    if (job.outcome === "aborted") throw aborted()
    if (job.outcome !== "ok") throw failed("pip install", `${job.detail}: ${tellingLine(job.outputTail)}`)
  }

  return {
    plan: async (request) => {
      const { id, packages } = identify(request)
      const allowed = await lstat(consentOf(id)).then(
        () => true,
        () => false,
      )
      return { id, packages, environment: await read(id), allowed }
    },
    find: async (request) => read(identify(request).id),
    fetch: async (request, options = {}) => {
      const { id, lock } = identify(request)
      return fetching.join(id, options, (shared) => fetchWheels(id, lock, shared))
    },
    prepare: async (request, options = {}) => {
      const { id } = identify(request)
      return (await read(id)) ?? preparing.join(id, options, (shared) => build(request, shared))
    },
    allow: async (id) => {
      await mkdir(dirname(consentOf(id)), { recursive: true, mode: 0o700 })
      await writeFile(consentOf(id), "", { mode: 0o600 })
    },
    list: async () => {
      const names = (await readdir(folder).catch(() => [])).filter((name) => ID.test(name))
      const found = (await Promise.all(names.map(read))).filter((one) => one !== null)
      return found.toSorted((a, b) => b.created - a.created)
    },
    remove: async (id) => {
      if (!ID.test(id)) return false
      await removeTree(consentOf(id))
      await removeTree(wheelsOf(id))
      if ((await read(id)) === null) return false
      // Moved aside first: half an environment must never be found.
      await using draft = await createJobFolder(folder, new Map())
      await rename(placeOf(id), join(draft.outputs, id))
      return true
    },
  }
}

/** Where another process was faster, its result is as good. */
async function putInPlace(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  try {
    await rename(from, to)
  } catch (error) {
    const exists = await lstat(to).then(
      () => true,
      () => false,
    )
    if (!exists) throw failed("putting it in place", messageOf(error))
  }
}

/** The same files under a name of one's own, which nobody else removes. */
async function linkAll(from: string, to: string): Promise<void> {
  await mkdir(to)
  await chmod(to, 0o755)
  for (const name of await readdir(from)) await link(join(from, name), join(to, name))
}

async function listWheels(folder: string): Promise<Wheel[] | null> {
  const names = await readdir(folder).catch(() => null)
  if (names === null) return null
  const wheels = names.map(async (file) => ({ file, bytes: (await lstat(join(folder, file))).size }))
  return (await Promise.all(wheels)).toSorted((a, b) => b.bytes - a.bytes)
}

function files(texts: Readonly<Record<string, string>>): FileTree {
  return new Map(Object.entries(texts).map(([path, text]) => [path, new TextEncoder().encode(text)]))
}

function requirePython(python: PythonInterpreter | null): PythonInterpreter {
  if (python !== null) return python
  throw failed("python3", "there is none on this machine")
}

function failed(step: string, reason: string): SporeError<EnvironmentErrorCode> {
  const isToolMissing = /ensurepip|there is none|No module named/.test(reason)
  return new SporeError("environment_failed", `the Python environment could not be prepared: ${step}: ${reason}`, {
    next: isToolMissing
      ? "sudo apt install python3 python3-venv"
      : "look at what pip said; the lock must name wheels for this machine and Python",
  })
}

function aborted(): SporeError<EnvironmentErrorCode> {
  return new SporeError("environment_aborted", "the preparation of a Python environment was given up")
}
