import { inspectPython, type SandboxProbeInit } from "@spore/runner"
import type { Context } from "../context.ts"
import { readConfig } from "./config-file.ts"
import { resolveSettings, runnerSettings, type Settings } from "./settings.ts"

/**
 * The settings as they are without flags.
 *
 * @throws SporeError `bad_config` or `bad_setting`
 */
export async function readSettings(configPath: string, variables: Context["env"]): Promise<Settings> {
  return resolveSettings({}, variables, await readConfig(configPath))
}

/**
 * What the sandboxes of this machine are probed with.
 *
 * @throws SporeError `python_unusable`
 */
export function probeSettings(settings: Pick<Settings, "gpu" | "image" | "python">): SandboxProbeInit {
  const { python } = settings
  return { ...runnerSettings(settings), ...(python === undefined ? {} : { python: inspectPython(python) }) }
}
