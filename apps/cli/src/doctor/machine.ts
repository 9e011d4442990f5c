import { statfs } from "node:fs/promises"
import { dirname } from "node:path"
import { messageOf } from "@spore/records"
import { detectEnv, probeSandboxes } from "@spore/runner"
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
export async function checkSandbox(): Promise<Finding[]> {
  const { sandbox, findings } = await probeSandboxes()
  const accelerator = finding("accelerator", "ok", detectEnv({ sandbox: "none" }).accelerator)
  if (sandbox !== null) {
    const { memory, processes } = sandbox.hardness
    const limits = `limits of memory ${memory}, of processes ${processes}`
    return [finding("sandbox", "ok", `${sandbox.backend}, ${limits}`), accelerator]
  }
  const failed = findings.filter(({ ok }) => !ok)
  const missing = failed.map(({ backend, reason, next }) =>
    finding("sandbox", "warn", `${backend}: ${reason}; without a sandbox nothing of peers runs here`, next),
  )
  return [...(missing.length === 0 ? [noBackend()] : missing), accelerator]
}

function noBackend(): Finding {
  return finding(
    "sandbox",
    "warn",
    "no sandbox for this system; nothing of peers runs here",
    "spore run --unsandboxed own",
  )
}
