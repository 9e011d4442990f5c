import { existsSync } from "node:fs"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { bubblewrapHost, adviseBubblewrap } from "../sandbox/bubblewrap/advice.ts"
import { type Cgroups, openCgroups } from "../sandbox/cgroups.ts"
import { ABORTED, unstarted } from "../sandbox/ending.ts"
import { endAbandoned } from "../sandbox/guard.ts"
import { runPlainProcess } from "../sandbox/plain-process.ts"
import type { JobLimits, JobOptions, JobResult } from "../sandbox/sandbox.ts"
import { type UserView, userViewArguments } from "./view.ts"

/** A program of the keeper's own choice, such as a command-line agent. */
export interface UserProgram {
  /** The program by absolute path, and its arguments. */
  command: readonly [string, ...string[]]
  cwd: string
  /** The folder whose size is held to `limits.outputBytes`. */
  folder: string
  /** All of its environment. */
  env: Readonly<Record<string, string>>
  limits: JobLimits
  /** Null where it runs with all the rights of this user. */
  view: UserView | null
}

export interface UserProgramsInit {
  /** `/usr/bin/bwrap` by default. */
  bwrapPath?: string
  /** What holds processes by the kernel; this process's own cgroup by default, where it can be had. */
  cgroups?: Cgroups | null
}

/**
 * Runs programs of the keeper's own: with this user's network and, without a view, all its rights, but limited, watched
 * and ended like jobs. No process is left at the end: surely so in a view or a cgroup, else as far as a process can be
 * found by its ancestors, its group or the mark in its environment.
 */
export interface UserPrograms {
  run(program: UserProgram, options?: JobOptions): Promise<JobResult>
  /** Why no program can be given a view here, with what to do about it; null where it can. Tried in `folder`. */
  viewProblem(folder: string): Promise<{ reason: string; next: string | null } | null>
}

/** Output held open by a process that could not be found is not waited for longer. */
const DRAIN_MS = 1000
const PROBE_LIMITS: JobLimits = { wallSeconds: 20, memoryMb: 256, processes: 16, outputBytes: 1024 * 1024 }
/** Arguments: a file of the host that must not be seen, one that must be writable. */
const PROBE = `[ ! -e "$1" ] || exit 9; : >"$2"`

export function createUserPrograms({ bwrapPath = "/usr/bin/bwrap", ...init }: UserProgramsInit = {}): UserPrograms {
  const asRoot = process.getuid?.() === 0
  const cgroups = init.cgroups === undefined ? ownCgroups() : init.cgroups
  endAbandoned()

  const run = async (program: UserProgram, options: JobOptions = {}): Promise<JobResult> => {
    if (options.signal?.aborted === true) return unstarted(ABORTED)
    const { view, limits, env } = program
    using cgroup = cgroups?.create(limits) ?? null
    const command =
      view === null ? program.command : [bwrapPath, ...userViewArguments(view, asRoot), "--", ...program.command]
    return await runPlainProcess(
      { cmd: program.command, inputs: program.cwd, outputs: program.folder, env, limits },
      { command, env, cgroup, drainMs: DRAIN_MS },
      options,
    )
  }

  const viewProblem: UserPrograms["viewProblem"] = async (folder) => {
    if (process.platform !== "linux") return { reason: "bubblewrap is for Linux", next: null }
    const host = bubblewrapHost(bwrapPath)
    const problem = (reason: string): { reason: string; next: string | null } => ({
      reason,
      next: adviseBubblewrap(reason, host),
    })
    if (!host.installed) return problem("bubblewrap is not installed")
    const [secret, shown] = [join(folder, "probe-secret"), join(folder, "probe")]
    try {
      await mkdir(shown)
      await writeFile(secret, "")
      const result = await run({
        command: ["/bin/sh", "-c", PROBE, "sh", secret, "/work/probe"],
        cwd: folder,
        folder: shown,
        env: {},
        limits: PROBE_LIMITS,
        view: { shown: [{ from: shown, to: "/work", writable: true }], hidden: [], cwd: "/work" },
      })
      if (result.exitCode === 9) return problem("a program sees files that it is not shown")
      if (result.outcome !== "ok") return problem(result.detail)
      return existsSync(join(shown, "probe")) ? null : problem("what a program writes does not come out")
    } finally {
      await rm(shown, { recursive: true, force: true })
      await rm(secret, { force: true })
    }
  }
  return { run, viewProblem }
}

function ownCgroups(): Cgroups | null {
  const found = openCgroups()
  return "reason" in found ? null : found
}
