import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { createTemporaryFolder } from "../owned-folder.ts"
import type { PythonInterpreter } from "../python/interpreter.ts"
import { resolveCommand } from "./command.ts"
import { ABORTED, missingProgram, unstarted } from "./ending.ts"
import { jobEnvironment } from "./environment.ts"
import { endAbandoned } from "./guard.ts"
import { runPlainProcess } from "./plain-process.ts"
import type { JobOptions, JobResult, Sandbox, SandboxJob } from "./sandbox.ts"

export interface UnsandboxedInit {
  /** The Node that jobs get as `node`; this process's own by default. */
  nodePath?: string
  /** The Python that jobs get as `python3`; the system's own by default. */
  python?: PythonInterpreter
}

/**
 * Runs jobs as plain processes of this user: no wall at all, for one's own code alone. Limits of time, memory, output
 * and disk are held by a watchdog. Processes that leave their group are found by a mark in their environment (Linux).
 */
export function createUnsandboxed(init: UnsandboxedInit = {}): Sandbox {
  const node = init.nodePath ?? process.execPath
  const folders = [dirname(node), "/usr/local/bin", "/usr/bin", "/bin"]
  const python3 =
    init.python?.program ?? folders.map((folder) => join(folder, "python3")).find(existsSync) ?? "/usr/bin/python3"
  const pythonFolder = init.python === undefined ? [] : [dirname(init.python.program)]
  endAbandoned()

  const run = async (job: SandboxJob, options: JobOptions = {}): Promise<JobResult> => {
    const command = resolveCommand(job, { node, python3, sh: "/bin/sh" })
    if (options.signal?.aborted === true) return unstarted(ABORTED)
    if (!existsSync(command[0])) return unstarted(missingProgram(command[0]))
    await using folder = await createTemporaryFolder()
    const env = jobEnvironment({
      path: [...(job.path ?? []), ...pythonFolder, ...folders],
      home: folder.path,
      env: job.env,
    })
    return await runPlainProcess(job, { command, env }, options)
  }

  const isLinux = process.platform === "linux"
  return {
    backend: "none",
    isolated: false,
    hardness: {
      memory: isLinux ? "soft" : "none",
      processes: "none",
      cpu: isLinux ? "soft" : "none",
      treeKill: "best effort",
    },
    links: false,
    streams: true,
    paths: ({ inputs, outputs, mounts = {} }) => ({ inputs, outputs, mounts }),
    run,
  }
}
