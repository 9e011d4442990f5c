import { readdirSync, readFileSync } from "node:fs"

/** USER_HZ, which Linux shows to programs on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100

/** A process as a /proc file system shows it. */
export interface ProcessEntry {
  pid: number
  parent: number
  /** Resident memory in bytes; pages that processes share are counted in each. */
  residentBytes: number
  /** What the kernel keeps to find its pages: a program that touches little in much can make it large. */
  pageTableBytes: number
}

/** All processes that the /proc mounted at `proc` shows; none where there is no such mount. */
export function readProcesses(proc = "/proc"): ProcessEntry[] {
  const processes: ProcessEntry[] = []
  for (const pid of listPids(proc)) {
    const status = readText(`${proc}/${pid}/status`)
    const parent = /^PPid:\s+(\d+)/m.exec(status)?.[1]
    if (parent === undefined) continue
    const bytes = (field: string): number =>
      1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? "0")
    processes.push({ pid, parent: Number(parent), residentBytes: bytes("VmRSS"), pageTableBytes: bytes("VmPTE") })
  }
  return processes
}

/** `root` and all processes that descend from it, as long as no process between has ended. */
export function descendants(all: readonly ProcessEntry[], root: number): ProcessEntry[] {
  const children = Map.groupBy(all, (process) => process.parent)
  const found = all.filter((process) => process.pid === root)
  for (const process of found) found.push(...(children.get(process.pid) ?? []))
  return found
}

/** Memory of a process with shared pages divided among their users, in bytes; null where it may not be read. */
export function proportionalBytes(pid: number, proc = "/proc"): number | null {
  const pss = /^Pss:\s+(\d+) kB/m.exec(readText(`${proc}/${pid}/smaps_rollup`))?.[1]
  return pss === undefined ? null : Number(pss) * 1024
}

/** Bytes a process and its ended children wrote to disks; null where it may not be read. */
export function writtenBytes(pid: number, proc = "/proc"): number | null {
  const written = /^write_bytes: (\d+)/m.exec(readText(`${proc}/${pid}/io`))?.[1]
  return written === undefined ? null : Number(written)
}

/** Processor seconds of a process and of its children that ended and were waited for; 0 where it may not be read. */
export function cpuSecondsOf(pid: number, proc = "/proc"): number {
  const ticks = statFields(pid, proc).slice(11, 15).map(Number)
  return ticks.reduce((total, part) => total + part, 0) / TICKS_PER_SECOND
}

/** When a process began, in clock ticks since the machine did: with the pid it names a process for good. */
export function startTicks(pid: number): string | null {
  return statFields(pid, "/proc")[19] ?? null
}

/** The fields of a process's stat file from its state on: the command's name before them may hold anything. */
function statFields(pid: number, proc: string): string[] {
  const stat = readText(`${proc}/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")
}

/** How often the kernel ended a process because the machine had no memory left; null where it does not say. */
export function kernelOomKills(): number | null {
  const kills = /^oom_kill (\d+)/m.exec(readText("/proc/vmstat"))?.[1]
  return kills === undefined ? null : Number(kills)
}

/** The processes that the /proc mounted at `proc` lists. */
export function listPids(proc: string): number[] {
  try {
    return readdirSync(proc)
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

/** A file's text; empty where it cannot be read, since processes end at any moment. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "latin1")
  } catch {
    return ""
  }
}
