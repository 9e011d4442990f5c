import { folderSize } from "./folder-size.ts"
import type { ProcessEntry } from "./processes.ts"
import type { JobLimits, JobOutcome } from "./sandbox.ts"

/** Files and folders a job may leave. */
const MAX_OUTPUT_ENTRIES = 10_000
/** Files and folders in its folders for temporary files: each takes about 1 KiB that counts as nobody's memory. */
const MAX_TEMPORARY_ENTRIES = 50_000
/**
 * Bytes written to disk, deleted and overwritten files included, in multiples of what may be left. Where outputs lie
 * in memory (tmpfs) nothing counts as written: job folders belong on a disk.
 */
const WRITTEN_FACTOR = 16
const FOLDER_INTERVAL_MS = 250

/** A look at a job's processes. */
export interface ProcessView {
  list(): ProcessEntry[]
  /** As in processes.ts; null where the host does not say. */
  proportionalBytes(pid: number): number | null
  writtenBytes(pid: number): number | null
  /** Files and folders in file systems that live in memory; left out where the job has none of its own. */
  temporaryEntries?(): Promise<number>
  /** Its own and that of its ended children. */
  cpuSeconds(pid: number): number
}

export interface Watchdog {
  /** Looks at once, without waiting for the next turn. */
  sample: () => void
  /** The largest sum of resident memory seen, in bytes; null before the first sample. */
  peakBytes(): number | null
  /** Processor time seen until the last sample; null before the first. */
  cpuSeconds(): number | null
  stop: () => void
}

/** Samples a running job and calls `onExceeded` once it takes more memory or disk than it may. */
export function startWatchdog(init: {
  limits: JobLimits
  outputs: string
  view: ProcessView
  /** Time between two looks at memory. */
  intervalMs: number
  onExceeded: (outcome: JobOutcome, detail: string) => void
}): Watchdog {
  const { limits, outputs, view, onExceeded } = init
  const memoryLimit = limits.memoryMb * 1024 * 1024
  let peak: number | null = null
  let cpu: number | null = null
  let measuring = false

  const checkProcesses = (): void => {
    const processes = view.list()
    if (processes.length === 0) return
    const tables = sum(processes, (process) => process.pageTableBytes)
    let memory = tables + sum(processes, (process) => process.residentBytes)
    // shared pages count in every process that maps them, so a large sum alone proves nothing
    if (memory > memoryLimit) {
      const own = (process: ProcessEntry): number => view.proportionalBytes(process.pid) ?? process.residentBytes
      memory = tables + sum(processes, own)
    }
    peak = Math.max(peak ?? 0, memory)
    cpu = Math.max(
      cpu ?? 0,
      sum(processes, (process) => view.cpuSeconds(process.pid)),
    )
    if (memory > memoryLimit) onExceeded("oom", `used more than ${limits.memoryMb} MiB of memory`)
    const written = sum(processes, (process) => view.writtenBytes(process.pid) ?? 0)
    if (written > writtenLimit(limits)) onExceeded(...wroteTooMuch(limits))
  }
  const checkFolder = async (): Promise<void> => {
    if (measuring) return
    measuring = true
    const { bytes, entries, hidden } = await folderSize(outputs, MAX_OUTPUT_ENTRIES)
    const temporary = (await view.temporaryEntries?.()) ?? 0
    measuring = false
    if (temporary > MAX_TEMPORARY_ENTRIES)
      onExceeded("limit", `made more than ${MAX_TEMPORARY_ENTRIES} temporary files`)
    if (bytes > limits.outputBytes) onExceeded("limit", `left more than ${quota(limits)} in its output folder`)
    if (hidden) onExceeded("limit", "left folders that nobody can look into")
    if (entries > MAX_OUTPUT_ENTRIES) onExceeded("limit", `left more than ${MAX_OUTPUT_ENTRIES} files`)
  }

  const processTimer = setInterval(checkProcesses, init.intervalMs)
  const folderTimer = setInterval(() => void checkFolder(), FOLDER_INTERVAL_MS)
  return {
    sample: checkProcesses,
    peakBytes: () => peak,
    cpuSeconds: () => cpu,
    stop: () => {
      clearInterval(processTimer)
      clearInterval(folderTimer)
    },
  }
}

/** Bytes that a job may write to disk, deleted and overwritten files included. */
export function writtenLimit(limits: JobLimits): number {
  return limits.outputBytes * WRITTEN_FACTOR
}

/** How a job ends that wrote more. */
export function wroteTooMuch(limits: JobLimits): ["limit", string] {
  return ["limit", `wrote more than ${WRITTEN_FACTOR} times ${quota(limits)} to disk`]
}

function quota(limits: JobLimits): string {
  return `${Math.round(limits.outputBytes / 1024)} KiB`
}

function sum(processes: readonly ProcessEntry[], value: (process: ProcessEntry) => number): number {
  return processes.reduce((total, process) => total + value(process), 0)
}
