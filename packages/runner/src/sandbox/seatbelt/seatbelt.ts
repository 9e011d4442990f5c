import { SporeError } from "@spore/records"
import { existsSync, realpathSync } from "node:fs"
import { dirname } from "node:path"
import { createTemporaryFolder } from "../../owned-folder.ts"
import type { PythonInterpreter } from "../../python/interpreter.ts"
import { resolveCommand } from "../command.ts"
import { ABORTED, missingProgram, unstarted } from "../ending.ts"
import { jobEnvironment } from "../environment.ts"
import { runPlainProcess } from "../plain-process.ts"
import type { JobOptions, JobResult, Sandbox, SandboxErrorCode, SandboxJob } from "../sandbox.ts"
import { seatbeltProfile } from "./profile.ts"

export interface SeatbeltInit {
  /** The Node that jobs get as `node`; this process's own by default. */
  nodePath?: string
  /** The Python that jobs get as `python3`; the system's own by default. */
  python?: PythonInterpreter
}

export const SANDBOX_EXEC = "/usr/bin/sandbox-exec"

/**
 * The sandbox of macOS: plain processes under a profile that sandbox-exec applies. It walls off files and network;
 * there are no namespaces, so limits are those of a watchdog, and the end of all processes is best effort.
 *
 * @throws SporeError `sandbox_unsupported` elsewhere
 */
export function createSeatbeltSandbox(init: SeatbeltInit = {}): Sandbox {
  if (process.platform !== "darwin") {
    throw new SporeError<SandboxErrorCode>("sandbox_unsupported", `no seatbelt on ${process.platform}`)
  }
  const node = realpathSync(init.nodePath ?? process.execPath)
  const programs = { node, python3: init.python?.program ?? "/usr/bin/python3", sh: "/bin/sh" }

  const run = async (job: SandboxJob, options: JobOptions = {}): Promise<JobResult> => {
    const program = resolveCommand(job, programs)
    if (options.signal?.aborted === true) return unstarted(ABORTED)
    if (!existsSync(program[0])) return unstarted(missingProgram(program[0]))
    await using folder = await createTemporaryFolder()
    const home = realpathSync(folder.path)
    const mounts = Object.values(job.mounts ?? {})
    const profile = seatbeltProfile({
      readable: [
        node,
        ...(init.python?.needs.shown.values() ?? []),
        ...[job.inputs, ...mounts].map((path) => realpathSync(path)),
      ],
      writable: [realpathSync(job.outputs), home],
    })
    const env = jobEnvironment({ path: [...(job.path ?? []), dirname(node), "/usr/bin", "/bin"], home, env: job.env })
    const command = [SANDBOX_EXEC, "-p", profile, ...program]
    return await runPlainProcess({ ...job, inputs: realpathSync(job.inputs) }, { command, env }, options)
  }

  return {
    backend: "seatbelt",
    isolated: true,
    hardness: { memory: "none", processes: "none", cpu: "none", treeKill: "best effort" },
    links: false,
    streams: true,
    paths: ({ inputs, outputs, mounts = {} }) => ({
      inputs: realpathSync(inputs),
      outputs: realpathSync(outputs),
      mounts: Object.fromEntries(Object.entries(mounts).map(([name, path]) => [name, realpathSync(path)])),
    }),
    run,
  }
}
