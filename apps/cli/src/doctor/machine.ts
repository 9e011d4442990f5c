import { statfs } from "node:fs/promises"
import { dirname } from "node:path"
import { type Env, isSporeError, messageOf } from "@spore/records"
import {
  gpuDevices,
  inspectPython,
  installHere,
  type LimitHardness,
  probeSandboxes,
  type PythonInterpreter,
  reachesGpu,
  type SandboxFinding,
  type SandboxProbeInit,
} from "@spore/runner"
import { MINIMUM_NODE } from "../node-version.ts"
import { formatBytes } from "../output/format.ts"
import { type Finding, finding } from "./finding.ts"

/** No right clock is behind the day on which this code was written. */
const RELEASED = Date.UTC(2026, 10, 1)
const LITTLE_SPACE = 2 * 1024 ** 3
const NO_SPACE = 256 * 1024 ** 2

export function checkRuntime(version: string = process.versions.node): Finding {
  // node:sqlite is stable from 24 on; before, it warns at every start.
  const isOld = Number(version.split(".")[0]) < 24
  if (!isOld) return finding("runtime", "ok", `Node.js ${version}`)
  return finding(
    "runtime",
    "warn",
    `Node.js ${version} works (from ${MINIMUM_NODE} on), 24 or newer is better`,
    "update Node.js",
  )
}

export function checkClock(now: number): Finding {
  const shown = new Date(now).toISOString().slice(0, 19)
  if (now >= RELEASED) return finding("clock", "ok", `${shown}Z`)
  return finding(
    "clock",
    "fail",
    `the clock says ${shown}Z, before this release was made: peers would refuse your records`,
    "set the clock: sudo timedatectl set-ntp true",
  )
}

/** Space for a folder that may not exist yet. */
export async function checkDisk(dataDir: string): Promise<Finding> {
  for (let folder = dataDir; ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = await statfs(folder)
      return diskFinding(bavail * bsize, folder)
    } catch (error) {
      if (folder === dirname(folder)) return finding("disk", "warn", `free space unknown: ${messageOf(error)}`)
    }
  }
}

function diskFinding(free: number, folder: string): Finding {
  const message = `${formatBytes(free)} free for ${folder}`
  if (free < NO_SPACE) return finding("disk", "fail", message, "free some space, or give another --data-dir")
  if (free < LITTLE_SPACE) return finding("disk", "warn", message, "code and logs of peers need space: free some")
  return finding("disk", "ok", message)
}

/** Runs the canary job of every backend. Without a sandbox a node still carries facts, and own code may be allowed. */
export async function checkSandbox(init: SandboxProbeInit, { accelerator }: Env): Promise<Finding[]> {
  const { sandbox, findings } = await probeSandboxes({ ...init, all: true })
  const used = findings.find(({ ok }) => ok)
  return [
    ...(findings.length === 0 ? [noBackend()] : findings.map((found) => sandboxFinding(found, used))),
    finding("accelerator", "ok", accelerator),
    ...gpuFindings(sandbox?.backend ?? null, init.gpu === true),
  ]
}

/** The Python that the settings name for jobs: a node does not start without it. */
export function checkPython(path: string | undefined): { python?: PythonInterpreter; problem?: Finding } {
  if (path === undefined) return {}
  try {
    return { python: inspectPython(path) }
  } catch (error) {
    if (!isSporeError(error)) throw error
    return { problem: finding("config", "fail", error.message, error.next) }
  }
}

/** Programs that only some tasks need. */
export function checkTools({ runtime }: Env): Finding[] {
  const tools = [
    { name: "python", use: "tasks in Python", install: installHere("python3 python3-venv") },
    { name: "torch", use: "nanogpt-train", install: installHere("python3-torch") },
    { name: "ffmpeg", use: "ffmpeg-encode", install: installHere("ffmpeg") },
  ]
  return tools.map(({ name, use, install }) => {
    const version = runtime[name]
    if (version !== undefined) return finding(name, "ok", version)
    return finding(name, "ok", `not found: ${use} would not run here, everything else does`, install)
  })
}

function sandboxFinding(found: SandboxFinding, used: SandboxFinding | undefined): Finding {
  const { backend, reason, next, hardness, untested } = found
  const label = untested ? ", untested: the compliance suite was not run on all of it yet" : ""
  if (hardness !== null) {
    const standing = found === used ? "" : " works too"
    return finding("sandbox", "ok", `${backend}${standing}; ${limitsLine(hardness)}${label}`, next)
  }
  if (used !== undefined) return finding("sandbox", "ok", `${backend} is not needed: ${reason}`)
  const message = `${backend}: ${reason}; without a sandbox nothing of peers runs here`
  return finding("sandbox", "warn", message, next)
}

function limitsLine({ memory, processes, cpu, treeKill }: LimitHardness): string {
  const end = treeKill === "yes" ? "always" : "best effort"
  return `limits of memory ${memory}, of processes ${processes}, of processor time ${cpu}; end of all processes: ${end}`
}

/** Whether jobs get the GPUs that are here. */
function gpuFindings(backend: string | null, isOn: boolean): Finding[] {
  const { devices } = gpuDevices()
  if (devices.length === 0) return isOn ? [finding("gpu", "warn", "there is no GPU to let jobs use")] : []
  if (!isOn) {
    return [finding("gpu", "ok", "sandboxed jobs get no GPU", "spore run --gpu, or gpu = true below [runner]")]
  }
  if (backend !== null && !reachesGpu(backend, true)) return [finding("gpu", "warn", `${backend} shows jobs no GPU`)]
  return [finding("gpu", "ok", `sandboxed jobs get ${devices.join(", ")} (untested: tell us how it went)`)]
}

function noBackend(): Finding {
  return finding(
    "sandbox",
    "warn",
    "no sandbox for this system; nothing of peers runs here",
    "spore run --unsandboxed own",
  )
}
