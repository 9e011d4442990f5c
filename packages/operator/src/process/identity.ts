import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"

/** A process, told from a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it began, in the system's words; null where it does not say. */
  readonly process_start: string | null
}

export function ownIdentity(): ProcessIdentity {
  return identityOf(process.pid)
}

/** Of a process that runs now. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, process_start: processStat(pid).start }
}

export function isAlive(identity: ProcessIdentity): boolean {
  return livesAs(identity, false)
}

/**
 * @param isOwn whether a file of this user's named it. Only then does it count that a user may signal its own processes:
 *   where the system hides those of others, another one that got the number since would pass for the one meant
 */
export function livesAs({ pid, process_start }: ProcessIdentity, isOwn: boolean): boolean {
  let isForeign = false
  try {
    process.kill(pid, 0)
  } catch (error) {
    // A process of another user cannot be signalled, and is there.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false
    isForeign = true
  }
  const { state, start } = processStat(pid)
  // A zombie has ended; its parent has not looked yet.
  if (state?.startsWith("Z") === true) return false
  // Where the system says when it began, a file that does not was written elsewhere.
  return start === null ? !(isForeign && isOwn) : start === process_start
}

interface ProcessStat {
  /** `Z…`: it has ended. */
  readonly state: string | null
  readonly start: string | null
}

const UNKNOWN: ProcessStat = { state: null, start: null }

/** As the kernel has it on Linux, else as `ps` says. */
function processStat(pid: number): ProcessStat {
  return process.platform === "linux" ? kernelStat(pid) : psStat(pid)
}

function kernelStat(pid: number): ProcessStat {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8")
    // The name in parentheses may hold anything: fields 3 (state) and 22 (start, in ticks since boot) are counted from
    // its end.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
    return { state: fields[0] ?? null, start: fields[19] ?? null }
  } catch {
    return UNKNOWN
  }
}

/** Asked of macOS and the BSDs; exported for tests, which run elsewhere. */
export function psStat(pid: number): ProcessStat {
  if (process.platform === "win32") return UNKNOWN
  try {
    // The same words whatever the user's language and time zone are.
    const env = { PATH: "/bin:/usr/bin", LC_ALL: "C", TZ: "UTC" }
    const text = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], {
      env,
      encoding: "utf8",
      stdio: "pipe",
    })
    const [, state, start] = /^\s*(\S+)\s+(\S.*\S)\s*$/.exec(text) ?? []
    return { state: state ?? null, start: start ?? null }
  } catch {
    return UNKNOWN
  }
}
