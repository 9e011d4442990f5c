import { messageOf } from "@spore/records"
import { randomUUID } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { z } from "zod"
import { type BubblewrapInit, createBubblewrapSandbox } from "./bubblewrap/bubblewrap.ts"
import { CANARY_PROGRAM } from "./canary.ts"
import { adviseBubblewrap, type HostFacts } from "./bubblewrap/advice.ts"
import type { Sandbox } from "./sandbox.ts"

/** What became of one backend's canary. */
export interface SandboxFinding {
  backend: string
  ok: boolean
  /** Why it cannot be used; empty where it can. */
  reason: string
  /** What to do about it: a command or a setting; null where nothing helps or nothing is wrong. */
  next: string | null
}

export interface SandboxProbe {
  /** The sandbox that strangers' code may run in; null where this machine has none. */
  sandbox: Sandbox | null
  findings: SandboxFinding[]
}

const CANARY_LIMITS = { wallSeconds: 20, memoryMb: 512, processes: 64, outputBytes: 1024 * 1024 }

/** Finds out by a canary job which sandbox works here: its presence alone proves nothing. */
export async function probeSandboxes(init: BubblewrapInit = {}): Promise<SandboxProbe> {
  if (process.platform !== "linux") {
    const reason = `there is no sandbox for ${process.platform === "darwin" ? "macOS" : process.platform} yet`
    return { sandbox: null, findings: [{ backend: "bubblewrap", ok: false, reason, next: null }] }
  }
  const host = hostFacts(init.bwrapPath ?? "/usr/bin/bwrap")
  const failed = (reason: string): SandboxProbe => ({
    sandbox: null,
    findings: [{ backend: "bubblewrap", ok: false, reason, next: adviseBubblewrap(reason, host) }],
  })
  if (!host.installed) return failed("bubblewrap is not installed")
  try {
    const sandbox = createBubblewrapSandbox(init)
    const reason = await runCanary(sandbox)
    if (reason !== null) return failed(reason)
    return { sandbox, findings: [{ backend: sandbox.backend, ok: true, reason: "", next: null }] }
  } catch (error) {
    return failed(messageOf(error))
  }
}

const reportSchema = z.object({ breaches: z.array(z.string()), token: z.string() })

/**
 * Runs a program that tries the wall from inside. Gives what is wrong with the sandbox, or null.
 */
export async function runCanary(sandbox: Sandbox): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), "spore-canary-"))
  const [inputs, outputs, secret] = [join(folder, "in"), join(folder, "out"), join(folder, "secret")]
  const token = randomUUID()
  try {
    await mkdir(inputs)
    await mkdir(outputs, { mode: 0o700 })
    await writeFile(join(inputs, "canary.mjs"), CANARY_PROGRAM)
    await writeFile(secret, "secret")
    await chmod(inputs, 0o755)
    await chmod(join(inputs, "canary.mjs"), 0o644)
    const paths = sandbox.paths({ inputs, outputs })
    const result = await sandbox.run({
      cmd: ["node", join(paths.inputs, "canary.mjs"), secret, join(paths.outputs, "report.json"), token],
      inputs,
      outputs,
      env: {},
      limits: CANARY_LIMITS,
    })
    if (result.outcome !== "ok") return result.detail
    const report = reportSchema.parse(JSON.parse(await readFile(join(outputs, "report.json"), "utf8")))
    if (report.token !== token) return "the canary's report did not come out"
    return report.breaches.length === 0 ? null : `the sandbox does not hold: ${report.breaches.join(", ")}`
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function hostFacts(bwrapPath: string): HostFacts {
  return {
    installed: existsSync(bwrapPath),
    osRelease: read("/etc/os-release"),
    appArmorRestricts: read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").trim() === "1",
    userNamespacesOff:
      read("/proc/sys/kernel/unprivileged_userns_clone").trim() === "0" ||
      read("/proc/sys/user/max_user_namespaces").trim() === "0",
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}
