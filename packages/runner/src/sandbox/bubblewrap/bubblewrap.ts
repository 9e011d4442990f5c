import { messageOf, SporeError } from "@spore/records"
import { type ChildProcess, spawn, type StdioOptions } from "node:child_process"
import { closeSync, existsSync, openSync, realpathSync } from "node:fs"
import { chown, statfs } from "node:fs/promises"
import { dirname } from "node:path"
import { Duplex } from "node:stream"
import { chainCommand, stage } from "./chain.ts"
import { createStatusReader, type StatusReader } from "./status.ts"
import { bubblewrapArguments, FD } from "./view.ts"
import { type CgroupUsage, type Cgroups, type JobCgroup, openCgroups } from "../cgroups.ts"
import { resolveCommand } from "../command.ts"
import { inheritableDescriptors } from "./descriptors.ts"
import { ABORTED, type Ending, explainExit, missingProgram, unstarted } from "../ending.ts"
import { endOrphans } from "./orphans.ts"
import { gpuDevices } from "../gpu-devices.ts"
import { INSIDE, pathsInside } from "../inside.ts"
import { createOutputReader, FLOOD } from "../output.ts"
import {
  cpuSecondsOf,
  descendants,
  kernelOomKills,
  proportionalBytes,
  readProcesses,
  writtenBytes,
} from "../processes.ts"
import type { PythonInterpreter } from "../../python/interpreter.ts"
import type { JobOptions, JobResult, JobStreams, Sandbox, SandboxErrorCode, SandboxJob } from "../sandbox.ts"
import { hasFilter, seccompFilter } from "./seccomp.ts"
import { readCpuSeconds } from "../shell-times.ts"
import { SPARE_UID } from "../spare-user.ts"
import { createSupervisor, type RunningJob } from "../supervisor.ts"
import { signalAll } from "../throttle.ts"
import { tellingLine } from "../../text.ts"

export interface BubblewrapInit {
  /** The Node that jobs get as `node`; this process's own by default. It must need no library outside the system's. */
  nodePath?: string
  /** `/usr/bin/bwrap` by default; version 0.8 or newer. */
  bwrapPath?: string
  /** The Python that jobs get as `python3`, shown at its own path with what it needs; the system's own by default. */
  python?: PythonInterpreter
  /** What holds limits by the kernel; this process's own cgroup by default, where it can be had. `null`: a watchdog. */
  cgroups?: Cgroups | null
  /** Shows jobs this machine's GPUs: a driver is a large attack surface. False by default. */
  gpu?: boolean
}

const MIB = 1024 * 1024
/** Jobs are the first that the kernel ends. Whether the machine is too small for the task, its baseline tells. */
const MACHINE_OUT_OF_MEMORY: Ending = { outcome: "oom", detail: "the machine ran out of memory" }
const WATCH_INTERVAL_MS = 50
/** The chain's own environment, which /proc/1/environ shows inside. */
const CHAIN_ENV = { PATH: "/usr/bin:/bin" }

/**
 * The sandbox of Linux: namespaces and mounts by bubblewrap, system calls by seccomp, limits by rlimits, a watchdog and
 * where possible cgroups. Works for an ordinary user and for root, whose jobs run under a spare user id.
 *
 * @throws SporeError `sandbox_unsupported` where the platform or processor has no such sandbox
 */
export function createBubblewrapSandbox(init: BubblewrapInit = {}): Sandbox {
  const { platform, arch } = process
  if (platform !== "linux" || !hasFilter(arch)) {
    throw new SporeError<SandboxErrorCode>("sandbox_unsupported", `no bubblewrap sandbox on ${platform} ${arch}`)
  }
  const filter = seccompFilter(arch)
  const node = realpathSync(init.nodePath ?? process.execPath)
  const bwrapPath = init.bwrapPath ?? "/usr/bin/bwrap"
  const gpu = init.gpu === true ? gpuDevices() : { devices: [], system: [], groups: [] }
  const shownGpu = { devices: gpu.devices, system: new Map(gpu.system.map((path) => [path, path])) }
  const asRoot = process.getuid?.() === 0
  const python3 = init.python?.program ?? INSIDE.python
  const pythonFolder = init.python === undefined ? [] : [dirname(python3)]
  const pythonLinks = Object.fromEntries(init.python?.needs.links ?? [])
  const cgroups = init.cgroups === undefined ? ownCgroups() : init.cgroups
  endOrphans()

  const run = async (job: SandboxJob, { signal, onLine, streams }: JobOptions = {}): Promise<JobResult> => {
    const command = resolveCommand(job, { node: INSIDE.node, python3, sh: INSIDE.shell })
    if (signal?.aborted === true) return unstarted(ABORTED)
    if (command[0] !== python3 && !command[0].startsWith(INSIDE.own) && !existsSync(command[0]))
      return unstarted(missingProgram(command[0]))
    const { limits } = job
    const [inputs, outputs] = [realpathSync(job.inputs), realpathSync(job.outputs)]
    if (asRoot) await chown(outputs, SPARE_UID, SPARE_UID)
    const mounts = Object.entries(job.mounts ?? {}).map(([name, path]) => [name, realpathSync(path)] as const)
    const python = init.python?.needs.shown ?? new Map<string, string>()
    const { shown, binds } = stage({ inputs, outputs, node, mounts: new Map(mounts), python, gpu: shownGpu }, asRoot)
    const view = {
      env: job.env,
      path: [...(job.path ?? []), ...pythonFolder],
      links: { ...pythonLinks, ...job.links },
    }
    using cgroup = cgroups?.create(limits) ?? null
    // of the whole machine, so it may be another job's: a cgroup tells more
    const countOomKills = cgroup === null ? kernelOomKills : () => null
    const oomKillsBefore = countOomKills()
    const streamed = streams !== undefined
    const child = spawnMasked(
      ...chainCommand({ bwrapPath, command, limits, asRoot, groups: gpu.groups, binds, streamed }),
    )
    const status = createStatusReader()
    const supervisor = createSupervisor({
      limits,
      outputs,
      signal,
      kill: () => {
        kill(child, status, cgroup)
        // what its taker has not taken by now must not keep the job from its end
        if (streamed) child.stdout?.destroy()
      },
    })
    const output = createOutputReader({ onLine, onFlood: () => supervisor.stop(...FLOOD) })
    let times = ""
    if (streams === undefined) child.stdout?.on("data", output.push)
    else child.stdout?.pipe(streams.stdout)
    child.stderr?.on("data", output.push)
    pipe(child, FD.status).on("data", status.push)
    pipe(child, FD.times).on("data", (chunk: Buffer) => (times += chunk.toString()))
    pipe(child, FD.args).end(`${bubblewrapArguments(shown, view).join("\0")}\0`)
    pipe(child, FD.seccomp).end(filter)
    pipe(child, FD.ready).once("data", () => {
      const pid = status.childPid()
      if (pid === null) return supervisor.stop("infra", "bwrap did not tell the sandbox's process id")
      try {
        cgroup?.add(pid)
      } catch (error) {
        return supervisor.stop("infra", `cannot put the job in its cgroup: ${messageOf(error)}`)
      }
      const isThrottled = cgroups?.hardness.cpu !== "hard"
      if (supervisor.started(runningJob(pid, isThrottled))) begin(pipe(child, 0), streams)
    })

    const spawnError = await closed(child)
    streams?.stdout.end()
    const { wallSeconds, ...supervised } = supervisor.finished()
    const usage = cgroup?.usage() ?? null
    const ending = supervised.ending ?? memoryEnding(usage, limits.memoryMb)
    const peakBytes = usage?.peakBytes ?? null
    const exitCode = status.exitCode()
    const outputTail = output.tail()
    const oomKilled = (countOomKills() ?? 0) > (oomKillsBefore ?? 0)
    return {
      ...(ending ?? explain({ exitCode, outputTail, oomKilled, spawnError })),
      exitCode: ending === null ? exitCode : null,
      wallSeconds,
      cpuSeconds: usage?.cpuSeconds ?? (ending === null ? readCpuSeconds(times) : supervised.cpuSeconds),
      peakMemoryMb: peakBytes === null ? supervised.peakMemoryMb : peakBytes / MIB,
      outputTail,
    }
  }

  return {
    backend: "bubblewrap",
    isolated: true,
    hardness: { memory: "soft", cpu: "soft", ...cgroups?.hardness, processes: "hard", treeKill: "yes" },
    links: true,
    streams: true,
    paths: ({ mounts = {} }) => pathsInside(mounts),
    run,
  }
}

function ownCgroups(): Cgroups | null {
  const found = openCgroups()
  return "reason" in found ? null : found
}

/** Spawns the chain with its pipes, and with /dev/null in place of every descriptor that would leak into it. */
function spawnMasked(program: string, args: readonly string[]): ChildProcess {
  const stdio: Exclude<StdioOptions, string> = Array.from({ length: FD.ready + 1 }, () => "pipe")
  const nothing = openSync("/dev/null", "r")
  try {
    for (const fd of inheritableDescriptors(FD.ready)) {
      while (stdio.length < fd) stdio.push("ignore")
      stdio[fd] = nothing
    }
    const child = spawn(program, args, { env: CHAIN_ENV, cwd: "/", stdio, detached: true })
    // also heard by whoever waits for the end; where there are no pipes nobody does
    child.on("error", () => undefined)
    // the other end closes as it likes; how the job ended says more than a broken pipe
    for (let fd = 0; fd <= FD.ready; fd++) pipe(child, fd).on("error", () => undefined)
    return child
  } finally {
    closeSync(nothing)
  }
}

function pipe(child: ChildProcess, fd: number): Duplex {
  // absent, whatever its type says, where this process has no descriptors left
  const ends: readonly unknown[] | undefined = child.stdio
  const end = ends?.[fd]
  if (end instanceof Duplex) return end
  throw new SporeError<SandboxErrorCode>("sandbox_failed", `descriptor ${fd} of the sandbox is no pipe`)
}

/** Opens the gate. What comes behind its line is for the program. */
function begin(stdin: Duplex, streams: JobStreams | undefined): void {
  stdin.write("go\n")
  if (streams === undefined) stdin.end()
  else streams.stdin.pipe(stdin)
}

/** The sandbox's own /proc lists its processes and no others, however they were started. */
function runningJob(init: number, isThrottled: boolean): RunningJob {
  const proc = `/proc/${init}/root/proc`
  return {
    view: {
      list: () => readProcesses(proc),
      proportionalBytes: (pid) => proportionalBytes(pid, proc),
      writtenBytes: (pid) => writtenBytes(pid, proc),
      temporaryEntries: () => entriesIn(INSIDE.inMemory.map((folder) => `/proc/${init}/root${folder}`)),
      cpuSeconds: (pid) => cpuSecondsOf(pid, proc),
    },
    watchIntervalMs: WATCH_INTERVAL_MS,
    throttled: isThrottled ? () => descendants(readProcesses(), init).map((process) => process.pid) : null,
  }
}

/** How many files and folders these file systems hold; none where they are gone. */
async function entriesIn(fileSystems: readonly string[]): Promise<number> {
  const stats = await Promise.all(fileSystems.map((path) => statfs(path).catch(() => null)))
  return stats.reduce((total, stat) => total + (stat === null ? 0 : stat.files - stat.ffree), 0)
}

/** With pid 1 of its namespace the kernel ends every process of a job. Until there is one, the chain is all there is. */
function kill(child: ChildProcess, status: StatusReader, cgroup: JobCgroup | null): void {
  cgroup?.kill()
  const init = status.childPid()
  if (init === null && child.pid !== undefined) signalAll([-child.pid], "SIGKILL")
  if (init !== null && status.exitCode() === null) signalAll([init], "SIGKILL")
}

/** Waits until the chain and all its pipes are closed. Gives the error where it could not be spawned. */
function closed(child: ChildProcess): Promise<Error | null> {
  return new Promise((resolve) => {
    child.once("error", resolve)
    child.once("close", () => resolve(null))
  })
}

function memoryEnding(usage: CgroupUsage | null, memoryMb: number): Ending | null {
  if (usage?.outOfMemory === "limit") return { outcome: "oom", detail: `used more than ${memoryMb} MiB of memory` }
  if (usage?.outOfMemory === "machine") return MACHINE_OUT_OF_MEMORY
  return null
}

function explain(end: {
  exitCode: number | null
  outputTail: string
  oomKilled: boolean
  spawnError: Error | null
}): Ending {
  if (end.spawnError !== null) return { outcome: "infra", detail: `cannot start: ${messageOf(end.spawnError)}` }
  if (end.exitCode === null) {
    return { outcome: "infra", detail: `the sandbox failed: ${tellingLine(end.outputTail)}` }
  }
  if (end.oomKilled && end.exitCode !== 0) return MACHINE_OUT_OF_MEMORY
  return explainExit(end.exitCode, end.outputTail)
}
