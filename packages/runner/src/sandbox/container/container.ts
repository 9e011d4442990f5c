import { messageOf } from "@spore/records"
import { type ChildProcess, spawn } from "node:child_process"
import { realpathSync } from "node:fs"
import { chown, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Duplex } from "node:stream"
import { createTemporaryFolder } from "../../owned-folder.ts"
import { tellingLine } from "../../text.ts"
import { resolveCommand } from "../command.ts"
import { ABORTED, type Ending, explainExit, missingProgram, unstarted } from "../ending.ts"
import { gpuDevices } from "../gpu-devices.ts"
import { INSIDE, pathsInside } from "../inside.ts"
import { createOutputReader, FLOOD } from "../output.ts"
import { ownerMark } from "../owner.ts"
import type { JobOptions, JobResult, Sandbox, SandboxJob } from "../sandbox.ts"
import { SPARE_UID } from "../spare-user.ts"
import { createSupervisor, type RunningJob } from "../supervisor.ts"
import { signalAll } from "../throttle.ts"
import { writtenLimit, wroteTooMuch } from "../watchdog.ts"
import { type ContainerUser, runArguments } from "./arguments.ts"
import { type ContainerEngine, endAbandonedContainers, endContainer } from "./engine.ts"
import { seccompProfile } from "./seccomp.ts"
import { type ContainerStreams, serveStreams } from "./streams.ts"
import { createWatcherReader, type WatcherReport } from "./watcher.ts"

export interface ContainerInit {
  engine: ContainerEngine
  /** An image that the engine has: with a POSIX shell, env, and what Node's program needs; without volumes. */
  image: string
  /** The Node that jobs get as `node`; this process's own by default. On macOS the image's own is used. */
  nodePath?: string
  /** Shows jobs this machine's GPUs. False by default. */
  gpu?: boolean
}

const MIB = 1024 * 1024
/** On macOS the engine's machine has neither this Node nor these sockets. */
const NO_STREAMS: Ending = { outcome: "infra", detail: "no streams reach containers here" }
const WATCH_INTERVAL_MS = 250
/** Kills of a container, a second apart, before its client is taken as hanging. */
const PATIENCE = 10
const GUARD_FD = 3

/**
 * Arguments: the engine; the container's name; the engine's arguments. Beside the client waits a shell for the end of
 * the pipe from this process, in case that the container's own watcher was tricked.
 */
const CLIENT = `
engine=$1 name=$2
shift 2
{ while read -r line; do [ "$line" != done ] || exit 0; done; exec "$engine" kill "$name"; } <&3 >/dev/null 2>&1 &
exec "$engine" "$@" 3<&-
`

/** Runs jobs in containers by podman or docker, from an image that the keeper chose. */
export function createContainerSandbox(init: ContainerInit): Sandbox {
  const { engine, image } = init
  const isLinux = process.platform === "linux"
  const node = isLinux ? realpathSync(init.nodePath ?? process.execPath) : null
  const programs = { node: node === null ? "node" : INSIDE.node, python3: "python3", sh: INSIDE.shell }
  const user = containerUser(engine.kind)
  const gpu = init.gpu === true ? gpuDevices() : null
  const cleaned = endAbandonedContainers(engine).catch(() => undefined)
  const profile = seccompProfile(process.arch)
  let number = 0

  const run = async (job: SandboxJob, options: JobOptions = {}): Promise<JobResult> => {
    const command = resolveCommand(job, programs)
    await cleaned
    if (options.signal?.aborted === true) return unstarted(ABORTED)
    if (options.streams !== undefined && node === null) return unstarted(NO_STREAMS)
    const shown = { ...job, inputs: realpathSync(job.inputs), outputs: realpathSync(job.outputs) }
    if (process.getuid?.() === 0) await chown(shown.outputs, SPARE_UID, SPARE_UID)
    const name = `spore-job-${ownerMark()}-${number++}-${crypto.randomUUID().slice(0, 8)}`
    await using folder = await createTemporaryFolder()
    const seccomp = join(folder.path, "profile.json")
    await writeFile(seccomp, profile)
    await using streams = options.streams === undefined ? null : await serveStreams(options.streams)
    const args = runArguments({
      engine,
      image,
      name,
      seccomp,
      user,
      node,
      job: shown,
      gpu,
      streams,
      program: command[0],
      command: streams?.launch(command) ?? command,
    })
    return await runContainer({ job: shown, program: command[0], name, args, streams }, options)
  }

  const runContainer = async (
    {
      job,
      program,
      name,
      args,
      streams,
    }: { job: SandboxJob; program: string; name: string; args: string[]; streams: ContainerStreams | null },
    { signal, onLine, streams: wanted }: JobOptions,
  ): Promise<JobResult> => {
    const child = spawn("/bin/sh", ["-c", CLIENT, "spore-client", engine.path, name, ...args], {
      cwd: "/",
      stdio: ["pipe", "pipe", "pipe", "pipe"],
      detached: true,
    })
    for (const end of [child.stdin, guardOf(child)]) end?.on("error", () => undefined)
    const end = endings(child, engine, name)
    const kill = (): void => {
      end()
      streams?.drop()
    }
    const supervisor = createSupervisor({ limits: job.limits, outputs: job.outputs, signal, kill })
    const output = createOutputReader({ onLine, onFlood: () => supervisor.stop(...FLOOD) })
    let begun = false
    const watcher = createWatcherReader(({ ready, exitCode, oomKills, writtenBytes }) => {
      if (ready && !begun) {
        begun = true
        if (supervisor.started(UNSEEN)) child.stdin.write("go\n")
      }
      if (writtenBytes > writtenLimit(job.limits)) supervisor.stop(...wroteTooMuch(job.limits))
      if (oomKills > 0) supervisor.stop(...outOfMemory(job))
      if (exitCode !== null) child.stdin.end("done\n")
    })
    child.stdout.on("data", output.push)
    child.stderr.on("data", watcher.push)
    child.once("exit", () => guardOf(child)?.end("done\n"))

    const spawnError = await closed(child)
    await streams?.drained()
    wanted?.stdout.end()
    const { ending, wallSeconds } = supervisor.finished()
    const report = watcher.report()
    const outputTail = output.tail()
    const known = ending ?? (report.oomKills > 0 ? asEnding(outOfMemory(job)) : null)
    return {
      ...(known ?? explain(report, { program, outputTail, spawnError })),
      exitCode: known === null ? report.exitCode : null,
      wallSeconds,
      cpuSeconds: report.cpuSeconds,
      peakMemoryMb: report.peakBytes === null ? null : report.peakBytes / MIB,
      outputTail,
    }
  }

  return {
    backend: "container",
    isolated: true,
    hardness: { memory: "hard", processes: "hard", cpu: "hard", treeKill: "yes" },
    links: false,
    streams: node !== null,
    paths: ({ mounts = {} }) => pathsInside(mounts),
    run,
  }
}

/** The engine counts and limits what runs in the container: from outside, only its output folder is looked at. */
const UNSEEN: RunningJob = {
  view: { list: () => [], proportionalBytes: () => null, writtenBytes: () => null, cpuSeconds: () => 0 },
  watchIntervalMs: WATCH_INTERVAL_MS,
  throttled: null,
}

function containerUser(kind: ContainerEngine["kind"]): ContainerUser {
  const uid = process.getuid?.() ?? SPARE_UID
  if (uid === 0) return { uid: SPARE_UID, gid: SPARE_UID, keepId: false, isShared: false }
  const keepId = kind === "podman" && process.platform === "linux"
  return { uid, gid: process.getgid?.() ?? uid, keepId, isShared: !keepId }
}

/** How to end a container: its watcher leaves when its input ends; where it does not, by the engine. */
function endings(child: ChildProcess, engine: ContainerEngine, name: string): () => void {
  let calls = 0
  return () => {
    child.stdin?.end()
    if (calls > 0) void endContainer(engine.path, name)
    if (calls++ > PATIENCE && child.pid !== undefined) signalAll([-child.pid], "SIGKILL")
  }
}

function outOfMemory({ limits }: SandboxJob): ["oom", string] {
  return ["oom", `used more than ${limits.memoryMb} MiB of memory`]
}

function asEnding([outcome, detail]: ["oom", string]): Ending {
  return { outcome, detail }
}

function explain(
  report: Readonly<WatcherReport>,
  end: { program: string; outputTail: string; spawnError: Error | null },
): Ending {
  if (end.spawnError !== null) return { outcome: "infra", detail: `cannot start: ${messageOf(end.spawnError)}` }
  if (report.missing) return missingProgram(end.program)
  if (report.exitCode === null) {
    return { outcome: "infra", detail: `the container failed: ${tellingLine(report.rest)}` }
  }
  return explainExit(report.exitCode, end.outputTail)
}

function guardOf(child: ChildProcess): Duplex | null {
  const end = child.stdio[GUARD_FD]
  return end instanceof Duplex ? end : null
}

/** Waits until the client and all its pipes are closed. Gives the error where it could not be spawned. */
function closed(child: ChildProcess): Promise<Error | null> {
  return new Promise((resolve) => {
    child.once("error", resolve)
    child.once("close", () => resolve(null))
  })
}
