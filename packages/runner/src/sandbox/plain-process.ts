/**
 * A job as plain processes of this user, for backends that put no processes of their own around it: started, watched,
 * and ended with all its descendants.
 *
 * @packageDocumentation
 */
import { messageOf } from "@spore/records"
import { type ChildProcess, spawn } from "node:child_process"
import { constants } from "node:os"
import { Readable, Writable } from "node:stream"
import { setTimeout as delay } from "node:timers/promises"
import type { JobCgroup } from "./cgroups.ts"
import { type Ending, explainExit } from "./ending.ts"
import { JOB_VARIABLE, jobMark, processesOf, startGuard } from "./guard.ts"
import { createOutputReader, FLOOD } from "./output.ts"
import { cpuSecondsOf, descendants, proportionalBytes, readProcesses, writtenBytes } from "./processes.ts"
import type { JobOptions, JobResult, JobStreams, SandboxJob } from "./sandbox.ts"
import { readCpuSeconds } from "./shell-times.ts"
import { createSupervisor, type RunningJob } from "./supervisor.ts"
import { signalAll } from "./throttle.ts"

/** All processes of the host are looked through each time, so less often than in a sandbox with its own /proc. */
const WATCH_INTERVAL_MS = 250
/** A process that left the group may hold the output open: it is not waited for longer than this. */
const DRAIN_MS = 1000

/** The program begins when told to by descriptor 4. Its times, once it has ended, go to one of their own. */
const wrapper = (redirections: string): string => `
read go <&4 || exit 125
"$@" ${redirections} 3>&- 4<&-
code=$?
times >&3
exit "$code"
`
/** One descriptor for both outputs keeps their order. */
const WRAPPER = wrapper("2>&1")
const WRAPPER_STREAMED = wrapper("")

/** How a job becomes processes. */
export interface PlainProcess {
  /** The program by absolute path, and its arguments. */
  command: readonly string[]
  /** All of its environment but for the mark of the job. */
  env: Readonly<Record<string, string>>
  /** Holds its processes, where there is one: then none gets away. */
  cgroup?: JobCgroup | null
  /**
   * How long output is waited for that is still held open once the program has ended; null: as long as the job may
   * take. By default null with streams, else a second.
   */
  drainMs?: number | null
}

/** Runs a program in the job's inputs. */
export async function runPlainProcess(
  job: SandboxJob,
  { command, env, cgroup = null, ...process }: PlainProcess,
  { signal, onLine, streams }: JobOptions,
): Promise<JobResult> {
  const streamed = streams !== undefined
  const mark = jobMark()
  using guard = startGuard(mark)
  const child = spawn("/bin/sh", ["-c", streamed ? WRAPPER_STREAMED : WRAPPER, "sh", ...command], {
    cwd: job.inputs,
    env: { ...env, [JOB_VARIABLE]: mark },
    stdio: [streamed ? "pipe" : "ignore", "pipe", streamed ? "pipe" : "ignore", "pipe", "pipe"],
    detached: true,
  })
  if (child.pid !== undefined) guard.watch(child.pid)
  const running = runningJob(child)
  const kill = (): void => {
    killTree(child, mark, cgroup)
    // what its taker has not taken by now must not keep the job from its end
    if (streamed) child.stdout?.destroy()
  }
  const supervisor = createSupervisor({ limits: job.limits, outputs: job.outputs, signal, kill })
  const output = createOutputReader({ onLine, onFlood: () => supervisor.stop(...FLOOD) })
  let times = ""
  if (streams === undefined) child.stdout?.on("data", output.push)
  else connect(child, streams)
  child.stderr?.on("data", output.push)
  timesOf(child)?.on("data", (chunk: Buffer) => (times += chunk.toString()))
  try {
    if (child.pid !== undefined) cgroup?.add(child.pid)
  } catch (error) {
    supervisor.stop("infra", `cannot put the job in its cgroup: ${messageOf(error)}`)
  }
  if (supervisor.started(running)) begin(child)

  const { drainMs = streamed ? null : DRAIN_MS } = process
  const end = await exited(child, () => killTree(child, mark, cgroup), drainMs)
  streams?.stdout.end()
  const { ending: stopped, cpuSeconds, ...measured } = supervisor.finished()
  const ending = stopped ?? outOfMemory(job, cgroup)
  const outputTail = output.tail()
  const explained =
    end instanceof Error
      ? ({ outcome: "infra", detail: `cannot start: ${messageOf(end)}` } as const)
      : explainExit(end, outputTail)
  return {
    ...(ending ?? explained),
    exitCode: ending === null && typeof end === "number" ? end : null,
    ...measured,
    cpuSeconds: readCpuSeconds(times) ?? cpuSeconds,
    outputTail,
  }
}

function runningJob(child: ChildProcess): RunningJob {
  const list = (): ReturnType<typeof readProcesses> =>
    child.pid === undefined ? [] : descendants(readProcesses(), child.pid)
  return {
    view: { list, proportionalBytes, writtenBytes, cpuSeconds: cpuSecondsOf },
    watchIntervalMs: WATCH_INTERVAL_MS,
    throttled: () => list().map((process) => process.pid),
  }
}

function connect({ stdin, stdout }: ChildProcess, streams: JobStreams): void {
  // a program need not read what it is given
  stdin?.on("error", () => undefined)
  if (stdin !== null) streams.stdin.pipe(stdin)
  stdout?.pipe(streams.stdout)
}

function begin(child: ChildProcess): void {
  const gate = child.stdio[4]
  if (!(gate instanceof Writable)) return
  gate.on("error", () => undefined)
  gate.end("go\n")
}

function outOfMemory({ limits }: SandboxJob, cgroup: JobCgroup | null): Ending | null {
  if ((cgroup?.usage().outOfMemory ?? null) === null) return null
  return { outcome: "oom", detail: `used more than ${limits.memoryMb} MiB of memory` }
}

/** What descends from the job, what is in its groups, and what carries its mark. */
function killTree(child: ChildProcess, mark: string, cgroup: JobCgroup | null): void {
  cgroup?.kill()
  if (child.pid === undefined) return
  const family = descendants(readProcesses(), child.pid).map((process) => process.pid)
  signalAll([...family, ...processesOf(mark), -child.pid], "SIGKILL")
}

/** The exit code as a shell gives it, once the output is read; or why the program could not be spawned. */
async function exited(
  child: ChildProcess,
  killRest: () => void,
  /** Null where the output is waited for as long as the job may take. */
  drainMs: number | null,
): Promise<number | Error> {
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()))
  const end = await new Promise<number | Error>((resolve) => {
    child.once("error", resolve)
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
  killRest()
  const drained = drainMs === null ? closed : Promise.race([closed, delay(drainMs, undefined, { ref: false })])
  if (child.pid !== undefined) await drained
  child.stdout?.destroy()
  child.stderr?.destroy()
  timesOf(child)?.destroy()
  return end
}

function timesOf(child: ChildProcess): Readable | null {
  const end = child.stdio[3]
  return end instanceof Readable ? end : null
}
