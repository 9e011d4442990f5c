/**
 * Hard limits by cgroup v2, where a part of the hierarchy is this process's to arrange: delegated by systemd
 * (`Delegate=yes`), or root's. What can be had is found out by trying.
 *
 * @packageDocumentation
 */
import { hasErrorCode, messageOf, SporeError } from "@spore/records"
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { basename, dirname, join } from "node:path"
import { isOwnerGone, OWNER_MARK, ownerMark } from "./owner.ts"
import { type ProcessEntry, readProcesses, readText } from "./processes.ts"
import type { JobLimits, LimitHardness, SandboxErrorCode } from "./sandbox.ts"

/** Where the processes of a delegated group go: one with processes of its own can give its children no controllers. */
const LEAF = "spore-node"
const JOB = new RegExp(`^spore-job-(${OWNER_MARK})-\\d+$`)
const PERIOD_US = 100_000
const MAX_ROUNDS = 10

/** A group whose children are jobs. */
export interface Cgroups {
  readonly hardness: Pick<LimitHardness, "memory" | "processes" | "cpu">
  /** @throws SporeError `sandbox_failed` where the kernel refuses what it granted before */
  create(limits: JobLimits): JobCgroup
}

/** The group of one job. To be disposed of when none of its processes is left. */
export interface JobCgroup extends Disposable {
  add(pid: number): void
  kill(): void
  usage(): CgroupUsage
}

export interface CgroupUsage {
  peakBytes: number | null
  cpuSeconds: number | null
  /** Whether the kernel ended it for memory: at its own limit, or because there was none left above it. */
  outOfMemory: "limit" | "machine" | null
}

/** What a search reads; this process's own by default. */
export interface CgroupHost {
  /** Text of /proc/self/mountinfo and /proc/self/cgroup. */
  mountinfo: string
  membership: string
  /** The machine's processes. */
  processes: readonly ProcessEntry[]
}

/**
 * Makes this process's own group ready to hold jobs, and ends what dead processes left in it. Gives the reason where
 * that is not possible here.
 */
export function openCgroups(host: CgroupHost = thisHost()): Cgroups | { reason: string } {
  const own = ownGroup(host)
  if (own === null) return { reason: "there is no cgroup v2 here" }
  const parent = basename(own) === LEAF ? dirname(own) : own
  const given = readText(join(parent, "cgroup.controllers")).trim().split(/\s+/)
  const lacking = ["memory", "pids"].filter((controller) => !given.includes(controller))
  if (lacking.length > 0) return { reason: `cgroup v2 gives no control of ${lacking.join(" and ")} here` }
  const wanted = ["memory", "pids", "cpu"].filter((controller) => given.includes(controller))
  try {
    enable(parent, wanted, host)
    endLeftovers(parent)
    const cgroups = jobGroups(parent, wanted.includes("cpu"))
    cgroups.create({ wallSeconds: 1, memoryMb: 16, processes: 1, outputBytes: 0, cpuPercent: 50 })[Symbol.dispose]()
    return cgroups
  } catch (error) {
    return { reason: `this process's cgroup is not its own to arrange: ${messageOf(error)}` }
  }
}

function thisHost(): CgroupHost {
  return {
    mountinfo: readText("/proc/self/mountinfo"),
    membership: readText("/proc/self/cgroup"),
    processes: readProcesses(),
  }
}

/** The folder of the cgroup v2 that this process is in; null where none is mounted that shows it. */
function ownGroup({ mountinfo, membership }: CgroupHost): string | null {
  const path = /^0::(\/.*)$/m.exec(membership)?.[1]
  if (path === undefined) return null
  for (const line of mountinfo.split("\n")) {
    const [mount = "", kind = ""] = line.split(" - ")
    const [, , , root = "", point = ""] = mount.split(" ")
    if (!kind.startsWith("cgroup2 ")) continue
    if (root === "/") return join(point, path)
    if (path === root || path.startsWith(`${root}/`)) return join(point, path.slice(root.length))
  }
  return null
}

function enable(parent: string, controllers: readonly string[], host: CgroupHost): void {
  const control = join(parent, "cgroup.subtree_control")
  const words = controllers.map((controller) => `+${controller}`).join(" ")
  try {
    writeFileSync(control, words)
  } catch (error) {
    if (!hasErrorCode(error, "EBUSY")) throw error
    moveToLeaf(parent, host)
    writeFileSync(control, words)
  }
}

/** Moves this process's family out of the way. What else may be in the group is not ours to move. */
function moveToLeaf(parent: string, { processes }: CgroupHost): void {
  const members = pidsIn(parent)
  const family = familyOf(process.pid, members, processes)
  if (members.some((pid) => !family.has(pid))) throw new TypeError("it holds processes of others")
  const leaf = join(parent, LEAF)
  mkdirSync(leaf, { recursive: true })
  // they may fork meanwhile
  for (let round = 0; round < MAX_ROUNDS && pidsIn(parent).length > 0; round++) {
    for (const pid of pidsIn(parent)) tryWrite(join(leaf, "cgroup.procs"), `${pid}`)
  }
}

/** The members that descend from the eldest ancestor of `pid` among them. */
function familyOf(pid: number, members: readonly number[], processes: readonly ProcessEntry[]): Set<number> {
  const parents = new Map(processes.map((process) => [process.pid, process.parent]))
  const lineOf = (start: number): number[] => {
    const line = [start]
    for (let at = parents.get(start); at !== undefined && at !== 0; at = parents.get(at)) line.push(at)
    return line
  }
  const eldest = lineOf(pid).findLast((ancestor) => members.includes(ancestor)) ?? pid
  return new Set(members.filter((member) => lineOf(member).includes(eldest)))
}

function jobGroups(parent: string, hasCpu: boolean): Cgroups {
  let number = 0
  return {
    hardness: { memory: "hard", processes: "hard", cpu: hasCpu ? "hard" : "soft" },
    create(limits) {
      const folder = join(parent, `spore-job-${ownerMark()}-${number++}`)
      try {
        mkdirSync(folder)
        setLimits(folder, limits, hasCpu)
      } catch (error) {
        tryRemove(folder)
        const message = `cannot make a cgroup for the job: ${messageOf(error)}`
        throw new SporeError<SandboxErrorCode>("sandbox_failed", message, { cause: error })
      }
      return jobGroup(folder)
    },
  }
}

function setLimits(folder: string, limits: JobLimits, hasCpu: boolean): void {
  const set = (file: string, value: string): void => writeFileSync(join(folder, file), value)
  set("memory.max", `${limits.memoryMb * 1024 * 1024}`)
  set("memory.oom.group", "1")
  set("pids.max", `${limits.processes}`)
  // absent on a machine that counts no swap
  tryWrite(join(folder, "memory.swap.max"), "0")
  const percent = limits.cpuPercent ?? 100
  if (!hasCpu || percent >= 100) return
  set("cpu.max", `${Math.round((percent / 100) * availableParallelism() * PERIOD_US)} ${PERIOD_US}`)
}

function jobGroup(folder: string): JobCgroup {
  const read = (file: string): string => readText(join(folder, file))
  const field = (file: string, name: string): number | null => {
    const value = new RegExp(`^${name} (\\d+)$`, "m").exec(read(file))?.[1]
    return value === undefined ? null : Number(value)
  }
  return {
    add: (pid) => writeFileSync(join(folder, "cgroup.procs"), `${pid}`),
    kill: () => tryWrite(join(folder, "cgroup.kill"), "1"),
    usage() {
      const peak = /^\d+$/.exec(read("memory.peak").trim())?.[0]
      const cpuMicroseconds = field("cpu.stat", "usage_usec")
      const killed = (field("memory.events", "oom_kill") ?? 0) > 0
      const atLimit = (field("memory.events", "oom") ?? 0) > 0
      return {
        peakBytes: peak === undefined ? null : Number(peak),
        cpuSeconds: cpuMicroseconds === null ? null : cpuMicroseconds / 1e6,
        outOfMemory: killed ? (atLimit ? "limit" : "machine") : null,
      }
    },
    [Symbol.dispose]: () => tryRemove(folder),
  }
}

/** Ends jobs of processes that are no more. A group whose last process is just dying is removed at the next start. */
function endLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    const mark = JOB.exec(name)?.[1]
    if (mark === undefined || !isOwnerGone(mark)) continue
    tryWrite(join(parent, name, "cgroup.kill"), "1")
    tryRemove(join(parent, name))
  }
}

function pidsIn(folder: string): number[] {
  return readFileSync(join(folder, "cgroup.procs"), "latin1")
    .split("\n")
    .filter((line) => line !== "")
    .map(Number)
}

function tryWrite(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch {
    // the kernel has no such file, or what it was about is gone
  }
}

function tryRemove(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // still in use, or gone
  }
}
