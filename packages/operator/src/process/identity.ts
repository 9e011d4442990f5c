import { readFileSync } from "node:fs"
import { hasErrorCode } from "@spore/records"

/** A process, told from a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it began, in the kernel's words; null where the system does not say (other than Linux). */
  readonly process_start: string | null
}

export function ownIdentity(): ProcessIdentity {
  return identityOf(process.pid)
}

/** Of a process that runs now. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, process_start: processStat(pid).start }
}

export function isAlive({ pid, process_start }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // A process of another user cannot be signalled, and is there.
    if (!hasErrorCode(error, "EPERM")) return false
  }
  const { state, start } = processStat(pid)
  // A zombie has ended; its parent has not looked yet.
  if (state === "Z") return false
  return process_start === null || start === null || start === process_start
}

/** State and start time, in clock ticks since boot; null where the system does not say. */
function processStat(pid: number): { state: string | null; start: string | null } {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8")
    // The name in parentheses may hold anything: fields 3 (state) and 22 (start) are counted from its end.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
    return { state: fields[0] ?? null, start: fields[19] ?? null }
  } catch {
    return { state: null, start: null }
  }
}
