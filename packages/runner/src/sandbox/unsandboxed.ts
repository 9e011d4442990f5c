import { messageOf } from "@spore/records"
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp } from "node:fs/promises"
import { constants, tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import type { PythonInterpreter } from "../python/interpreter.ts"
import { removeTree } from "../remove-tree.ts"
import { resolveCommand } from "./command.ts"
import { ABORTED, explainExit, missingProgram, unstarted } from "./ending.ts"
import { jobEnvironment } from "./environment.ts"
import { createOutputReader, FLOOD } from "./output.ts"
import { descendants, proportionalBytes, readProcesses, writtenBytes } from "./processes.ts"
import type { JobOptions, JobResult, JobStreams, Sandbox, SandboxJob } from "./sandbox.ts"
import { createSupervisor, type RunningJob } from "./supervisor.ts"
import { signalAll } from "./throttle.ts"

export interface UnsandboxedInit {
  /** The Node that jobs get as `node`; this process's own by default. */
  nodePath?: string
  /** The Python that jobs get as `python3`; the system's own by default. */
  python?: PythonInterpreter
}

/** All processes of the host are looked through each time, so less often than in a sandbox with its own /proc. */
const WATCH_INTERVAL_MS = 250
/** A process that left the group may hold the output open: it is not waited for longer than this. */
const DRAIN_MS = 1000

/**
 * Runs jobs as plain processes of this user: no wall at all, for one's own code alone. Limits of time, memory, output
 * and disk are held by a watchdog; processes that leave their group are found as long as their ancestors live.
 */
export function createUnsandboxed(init: UnsandboxedInit = {}): Sandbox {
  const node = init.nodePath ?? process.execPath
  const folders = [dirname(node), "/usr/local/bin", "/usr/bin", "/bin"]
  const python3 =
    init.python?.program ?? folders.map((folder) => join(folder, "python3")).find(existsSync) ?? "/usr/bin/python3"
  const pythonFolder = init.python === undefined ? [] : [dirname(init.python.program)]

  const run = async (job: SandboxJob, { signal, onLine, streams }: JobOptions = {}): Promise<JobResult> => {
    const command = resolveCommand(job, { node, python3, sh: "/bin/sh" })
    if (signal?.aborted === true) return unstarted(ABORTED)
    if (!existsSync(command[0])) return unstarted(missingProgram(command[0]))
    const home = await mkdtemp(join(tmpdir(), "spore-home-"))
    try {
      // one descriptor for both outputs keeps their order
      const script = streams === undefined ? 'exec "$@" 2>&1' : 'exec "$@"'
      const child = spawn("/bin/sh", ["-c", script, "sh", ...command], {
        cwd: job.inputs,
        env: jobEnvironment({ path: [...(job.path ?? []), ...pythonFolder, ...folders], home, env: job.env }),
        stdio: [streams === undefined ? "ignore" : "pipe", "pipe", "pipe"],
        detached: true,
      })
      const running = runningJob(child)
      const kill = (): void => {
        killTree(child, running)
        // what its taker has not taken by now must not keep the job from its end
        if (streams !== undefined) child.stdout?.destroy()
      }
      const supervisor = createSupervisor({ limits: job.limits, outputs: job.outputs, signal, kill })
      const output = createOutputReader({ onLine, onFlood: () => supervisor.stop(...FLOOD) })
      if (streams === undefined) child.stdout?.on("data", output.push)
      else connect(child, streams)
      child.stderr?.on("data", output.push)
      supervisor.started(running)

      const end = await exited(child, () => killTree(child, running), streams === undefined ? DRAIN_MS : null)
      streams?.stdout.end()
      const { ending, ...measured } = supervisor.finished()
      const outputTail = output.tail()
      const explained =
        end instanceof Error
          ? ({ outcome: "infra", detail: `cannot start: ${messageOf(end)}` } as const)
          : explainExit(end, outputTail)
      return {
        ...(ending ?? explained),
        exitCode: ending === null && typeof end === "number" ? end : null,
        ...measured,
        cpuSeconds: null,
        outputTail,
      }
    } finally {
      await removeTree(home)
    }
  }

  return {
    backend: "none",
    isolated: false,
    hardness: {
      memory: process.platform === "linux" ? "soft" : "none",
      processes: "none",
      treeKill: "best effort",
    },
    links: false,
    paths: ({ inputs, outputs, mounts = {} }) => ({ inputs, outputs, mounts }),
    run,
  }
}

function runningJob(child: ChildProcess): RunningJob {
  const list = (): ReturnType<typeof readProcesses> =>
    child.pid === undefined ? [] : descendants(readProcesses(), child.pid)
  return {
    view: { list, proportionalBytes, writtenBytes },
    watchIntervalMs: WATCH_INTERVAL_MS,
    pids: () => list().map((process) => process.pid),
  }
}

function connect({ stdin, stdout }: ChildProcess, streams: JobStreams): void {
  // a program need not read what it is given
  stdin?.on("error", () => undefined)
  if (stdin !== null) streams.stdin.pipe(stdin)
  stdout?.pipe(streams.stdout)
}

function killTree(child: ChildProcess, running: RunningJob): void {
  if (child.pid !== undefined) signalAll([...running.pids(), -child.pid], "SIGKILL")
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
  return end
}
