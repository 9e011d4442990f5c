import { GATE_NAME } from "./chain.ts"
import { listPids, readText } from "../processes.ts"
import { signalAll } from "../throttle.ts"

/**
 * Ends the sandboxes that dead processes left unfinished. bwrap's child waits for its parent before it does anything,
 * and waits for good if the parent is killed just then: nothing of a job ever runs in it, but it stays.
 */
export function endOrphans(): void {
  signalAll(listPids("/proc").filter(isOrphan), "SIGKILL")
}

function isOrphan(pid: number): boolean {
  const status = readText(`/proc/${pid}/status`)
  const parent = /^PPid:\s+(\d+)$/m.exec(status)?.[1]
  // a pid 1 that is still bwrap has not come to run its program
  const unfinished = /^Name:\s+bwrap$/m.test(status) && /^NSpid:.*\t1$/m.test(status)
  return unfinished && parent !== undefined && isOurs(pid) && !isOurs(Number(parent))
}

/** Whether a process is a link of a job's chain. */
function isOurs(pid: number): boolean {
  return readText(`/proc/${pid}/cmdline`).split("\0").includes(GATE_NAME)
}
