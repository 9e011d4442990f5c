import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { readFileSync, statSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { execPath } from "node:process"
import { promisify } from "node:util"
import { hasErrorCode } from "@spore/records"
import type { Context } from "../context.ts"
import { cliError } from "../errors.ts"
import { programOnPath } from "../folder/program-on-path.ts"
import { tilde } from "../output/format.ts"
import { launchdPlist } from "./launchd.ts"
import { serviceWords } from "./launch.ts"
import { outputPath } from "./output-file.ts"
import { type ServiceUnit, systemdUnit, UNIT_MARK } from "./systemd.ts"

export type ManagerName = "systemd" | "launchd"

/** The file that has a service manager run a node. */
export interface ServiceFile {
  readonly manager: ManagerName
  /** By which the manager knows it. */
  readonly name: string
  readonly path: string
  readonly text: string
}

/** The manager of this system; null: none that is known. */
export function managerHere(): ManagerName | null {
  if (process.platform === "darwin") return "launchd"
  return process.platform === "linux" ? "systemd" : null
}

/**
 * The file for a data folder: each has its own.
 *
 * @param run flags of `spore run`, and whether the manager starts it again after a failure
 * @throws SporeError `bad_usage`
 */
export function serviceFile(
  manager: ManagerName,
  { dataDir, env }: Pick<Context, "dataDir" | "env">,
  { words, restarts }: { words: readonly string[]; restarts: boolean } = { words: [], restarts: true },
): ServiceFile {
  const path = env["PATH"] ?? ""
  const home = env["HOME"] ?? homedir()
  const unit: ServiceUnit = {
    folder: tilde(dataDir, home),
    words: [execPath, ...serviceWords(dataDir, words)],
    path,
    restarts,
  }
  const id = dataDir === join(home, ".spore") ? "" : createHash("sha256").update(dataDir).digest("hex").slice(0, 8)
  if (manager === "launchd") {
    const name = `com.sporemesh.spore${id === "" ? "" : `.${id}`}`
    const text = launchdPlist(name, unit, outputPath(dataDir))
    return { manager, name, path: join(home, "Library", "LaunchAgents", `${name}.plist`), text }
  }
  const name = `spore${id === "" ? "" : `-${id}`}.service`
  const text = systemdUnit(unit, !needsPrivileges(path))
  return { manager, name, path: join(configHome(env, home), "systemd", "user", name), text }
}

function configHome(env: Context["env"], home: string): string {
  const given = env["XDG_CONFIG_HOME"]
  return given === undefined || !given.startsWith("/") ? join(home, ".config") : given
}

/** Whether the sandbox here may rest on a setuid program, or on a profile of AppArmor that takes effect as one runs. */
function needsPrivileges(path: string): boolean {
  const bwrap = programOnPath(path, "bwrap")
  if (bwrap !== undefined && (statSync(bwrap).mode & 0o4000) !== 0) return true
  try {
    return readFileSync("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "utf8").trim() !== "0"
  } catch {
    return false
  }
}

const run = promisify(execFile)

/** The unit of systemd that was installed for a data folder; null where none was, or systemd does not run here. */
export async function installedUnit(context: Pick<Context, "dataDir" | "env">): Promise<string | null> {
  if (managerHere() !== "systemd") return null
  const { name, path } = serviceFile("systemd", context)
  try {
    if (!readFileSync(path, "utf8").startsWith(UNIT_MARK)) return null
    await systemctl(context.env, "show-environment")
    return name
  } catch {
    return null
  }
}

/**
 * Has systemd's manager of this user do something.
 *
 * @throws SporeError `service_unavailable` where there is none, `service_failed` where it refuses
 */
export async function systemctl(env: Context["env"], ...args: string[]): Promise<void> {
  try {
    await run("systemctl", ["--user", ...args], { env: { ...env, LC_ALL: "C" }, timeout: 60_000 })
  } catch (error) {
    throw systemctlError(error, args)
  }
}

/** Whether the unit runs. */
export async function isActive(env: Context["env"], name: string): Promise<boolean> {
  return run("systemctl", ["--user", "is-active", "--quiet", name], { env: { ...env } }).then(
    () => true,
    () => false,
  )
}

function systemctlError(error: unknown, args: readonly string[]): Error {
  const said = typeof error === "object" && error !== null && "stderr" in error ? String(error.stderr).trim() : ""
  if (hasErrorCode(error, "ENOENT") || /not been booted with systemd/i.test(said)) {
    return cliError("service_unavailable", "there is no systemd here", {
      cause: error,
      next: "spore start; in a container let its own manager run: spore run",
    })
  }
  if (/connect to (user scope )?bus|XDG_RUNTIME_DIR/i.test(said)) {
    return cliError("service_unavailable", `systemd has no manager for this user here: ${said.split("\n", 1)[0]}`, {
      cause: error,
      next: "log in as this user itself (not by su or sudo); where that cannot be, as in a container: spore start",
    })
  }
  const first = said === "" ? "" : `: ${said.split("\n", 1)[0]}`
  return cliError("service_failed", `systemctl --user ${args.join(" ")} failed${first}`, {
    cause: error,
    next: `journalctl --user -u ${args.at(-1) ?? "spore"}`,
  })
}
