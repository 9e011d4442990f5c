import { dataPaths } from "@spore/node/local"
import { createEnvironments, createUnsandboxed, type Environments, findPython, type Sandbox } from "@spore/runner"
import type { Context } from "../context.ts"
import { pipVariables } from "../settings/job-variables.ts"
import { probeSettings, readSettings } from "../settings/probe-settings.ts"

/**
 * The Python environments of a data folder, as a node on it would have them.
 *
 * @param sandbox where packages are unpacked; needed to prepare only
 */
export async function openEnvironments(
  { dataDir, env }: Context,
  sandbox: Sandbox = createUnsandboxed(),
): Promise<Environments> {
  const paths = dataPaths(dataDir)
  const { python = findPython() } = probeSettings(await readSettings(paths.config, env))
  return createEnvironments({
    folder: paths.environments,
    sandbox,
    python,
    pipEnv: pipVariables(env),
  })
}
