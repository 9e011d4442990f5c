import { dataPaths } from "@spore/node/local"
import {
  createEnvironments,
  createUnsandboxed,
  type Environments,
  findPython,
  inspectPython,
  type Sandbox,
} from "@spore/runner"
import type { Context } from "../context.ts"
import { readConfig } from "../settings/config-file.ts"
import { pipVariables } from "../settings/job-variables.ts"
import { resolveSettings } from "../settings/settings.ts"

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
  const { python } = resolveSettings({}, env, await readConfig(paths.config))
  return createEnvironments({
    folder: paths.environments,
    sandbox,
    python: python === undefined ? findPython() : inspectPython(python),
    pipEnv: pipVariables(env),
  })
}
