import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { dataPaths } from "@spore/node/local"
import { type Env, silentLogger } from "@spore/records"
import {
  createEnvironments,
  createUnsandboxed,
  detectEnv,
  findPython,
  probeSandboxes,
  reachesGpu,
  type Sandbox,
  type SandboxProbeInit,
  type TaskTestInit,
  type TaskTestReport,
  testTask,
} from "@spore/runner"
import type { Context } from "../context.ts"
import { cliError } from "../errors.ts"
import { jobVariables, pipVariables } from "../settings/job-variables.ts"
import { probeSettings, readSettings } from "../settings/probe-settings.ts"

/** Where task packages are tried on this machine before they are signed. */
export interface TestBench {
  readonly sandbox: Sandbox
  /** This machine as a run in the sandbox sees it. */
  readonly env: Env
  /** Tries a package. Ctrl-C ends it early; the report has then what was found until there. */
  test(asked: Pick<TaskTestInit, "package" | "files" | "runs" | "cheats" | "onStep">): Promise<{
    report: TaskTestReport
    isInterrupted: boolean
  }>
}

/**
 * A bench as the settings of the data folder have it. Nothing is written there but Python environments.
 *
 * @param gpu whether sandboxed runs get the GPUs; as `config.toml` says by default
 * @throws SporeError `no_sandbox`, `bad_config`, `bad_setting`, `python_unusable`
 */
export async function openTestBench(
  { dataDir, env: variables }: Pick<Context, "dataDir" | "env">,
  { unsandboxed, gpu }: { unsandboxed: boolean; gpu?: boolean | undefined },
): Promise<TestBench> {
  const paths = dataPaths(dataDir)
  const configured = await readSettings(paths.config, variables)
  const settings = { ...configured, gpu: gpu ?? configured.gpu }
  const probe = probeSettings(settings)
  const sandbox = await chooseSandbox(probe, unsandboxed)
  const python = probe.python ?? findPython()
  const env = detectEnv({
    sandbox: sandbox.backend,
    accelerator: reachesGpu(sandbox.backend, settings.gpu),
    ...(python === null ? {} : { python }),
  })
  return {
    sandbox,
    env,
    test: async (asked) => {
      const abort = new AbortController()
      const interrupt = (): void => abort.abort()
      process.once("SIGINT", interrupt)
      // Not the folder of a node's jobs: a node that stops empties it.
      const workDir = await mkdtemp(join(tmpdir(), "spore-task-test-"))
      try {
        const report = await testTask({
          ...asked,
          sandbox,
          env,
          environments: createEnvironments({
            folder: paths.environments,
            sandbox,
            python,
            pipEnv: pipVariables(variables),
          }),
          jobEnv: jobVariables(variables),
          resource: settings.resource,
          workDir,
          log: silentLogger,
          signal: abort.signal,
        })
        return { report, isInterrupted: abort.signal.aborted }
      } finally {
        process.off("SIGINT", interrupt)
        await rm(workDir, { recursive: true, force: true })
      }
    },
  }
}

async function chooseSandbox(settings: SandboxProbeInit, unsandboxed: boolean): Promise<Sandbox> {
  const { python } = settings
  if (unsandboxed) return createUnsandboxed(python === undefined ? {} : { python })
  const { sandbox, findings } = await probeSandboxes(settings)
  if (sandbox !== null) return sandbox
  const [failed] = findings
  throw cliError("no_sandbox", `no sandbox works here: ${failed?.reason ?? "none fits this system"}`, {
    next: failed?.next ?? "spore doctor; or, for a task of your own, --unsandboxed own",
  })
}
