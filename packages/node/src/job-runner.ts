/**
 * Where a node's jobs run: the sandbox that works on this machine, and the runner in it.
 *
 * @packageDocumentation
 */
import type { Logger } from "@spore/records"
import type { ArtifactStore } from "@spore/records/artifacts"
import {
  createEnvironments,
  createRunner,
  createUnsandboxed,
  detectEnv,
  findPython,
  probeSandboxes,
  type PythonInterpreter,
  reachesGpu,
  type Runner,
  type Sandbox,
  type SandboxProbe,
  type SandboxProbeInit,
} from "@spore/runner"
import type { NodeMode, Notice } from "./node.ts"
import type { DataPaths } from "./paths.ts"

/** What a node is told of its jobs. */
export interface JobSettings {
  mode: NodeMode
  /** `own`: where no sandbox works, run bundled and own code without one. Nothing else ever runs so. */
  unsandboxed?: "own" | "never"
  /** Percent of the machine's processor time that jobs may use, 1 to 100. */
  resource?: number
  /** Whether sandboxed jobs get the GPUs, and the image for jobs in containers; neither by default. */
  runner?: Pick<SandboxProbeInit, "gpu" | "image">
  /** The Python of jobs, and what environments are made of; the system's own by default. */
  python?: PythonInterpreter
  /** Variables that every job gets, such as `SPORE_DISABLE_COMPILE`. */
  jobEnv?: Readonly<Record<string, string>>
  /** Variables of pip where it downloads packages, such as HOME, proxies and PIP_INDEX_URL. */
  pipEnv?: Readonly<Record<string, string>>
  /** Looks for a sandbox that works here. */
  probe?: (init: SandboxProbeInit) => Promise<SandboxProbe>
}

/** The sandbox that passed its canary, else none for own code where the keeper allowed that. */
export async function chooseSandbox(
  init: JobSettings,
  notify: (notice: Notice) => void,
): Promise<{ sandbox: Sandbox | null; note: string }> {
  if (init.mode === "sync") return { sandbox: null, note: "runs no code" }
  const withPython = init.python === undefined ? {} : { python: init.python }
  const probe = await (init.probe ?? probeSandboxes)({ ...init.runner, ...withPython })
  if (probe.sandbox !== null) {
    const { memory, processes, cpu } = probe.sandbox.hardness
    return { sandbox: probe.sandbox, note: `memory ${memory}, processes ${processes}, processor ${cpu}` }
  }
  const [failed] = probe.findings
  const why = failed === undefined ? "no sandbox backend fits this system" : `${failed.backend}: ${failed.reason}`
  const next = failed?.next ?? null
  if (init.unsandboxed === "own") {
    notify({
      code: "unsandboxed",
      message: `No sandbox (${why}). Only bundled and own code runs, with your rights; nothing of peers runs here.`,
      next,
    })
    return { sandbox: createUnsandboxed(withPython), note: "none" }
  }
  notify({
    code: "no_sandbox",
    message: `No sandbox (${why}), so this node runs no code and carries facts only.`,
    next,
  })
  return { sandbox: null, note: "runs no code" }
}

/** Runs jobs in the data folder's own place for them. */
export function createNodeRunner(init: {
  settings: JobSettings
  sandbox: Sandbox
  artifacts: ArtifactStore
  paths: DataPaths
  log: Logger
}): Runner {
  const { settings, sandbox, artifacts, paths, log } = init
  const python = settings.python ?? findPython()
  return createRunner({
    sandbox,
    artifacts,
    workDir: paths.jobs,
    env: detectEnv({
      sandbox: sandbox.backend,
      accelerator: reachesGpu(sandbox.backend, settings.runner?.gpu === true),
      ...(python === null ? {} : { python }),
    }),
    log,
    jobEnv: settings.jobEnv ?? {},
    environments: createEnvironments({
      folder: paths.environments,
      sandbox,
      python,
      ...(settings.pipEnv === undefined ? {} : { pipEnv: settings.pipEnv }),
    }),
    ...(settings.resource === undefined ? {} : { resource: settings.resource }),
  })
}
