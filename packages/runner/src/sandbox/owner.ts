/**
 * Marks by which what a dead process left behind is told from what a living one still uses.
 *
 * @packageDocumentation
 */
import { readlinkSync } from "node:fs"
import { startTicks } from "./processes.ts"

/** Matches the mark of any process. */
export const OWNER_MARK: string = String.raw`\d+-\d+-\d+`

/** Names this process for good: its pid namespace, its pid in there, and when it began. */
export function ownerMark(): string {
  return `${pidNamespace()}-${process.pid}-${startTicks(process.pid) ?? "0"}`
}

/** Whether the process of this mark is no more. Of another pid namespace nothing is known: false. */
export function isOwnerGone(mark: string): boolean {
  const [namespace, pid, ticks = ""] = mark.split("-")
  return namespace === pidNamespace() && !isAlive(Number(pid), ticks)
}

/** Whether the process is there that had this pid and began at that time. */
function isAlive(pid: number, ticks: string): boolean {
  if (process.platform === "linux") return startTicks(pid) === ticks
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0"
  } catch {
    return "0"
  }
}
