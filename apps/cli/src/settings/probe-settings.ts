import { isSporeError } from "@spore/records"
import { inspectPython, type SandboxProbeInit } from "@spore/runner"
import type { Context } from "../context.ts"
import { readConfig } from "./config-file.ts"
import { resolveSettings, runnerSettings } from "./settings.ts"

/** What the sandboxes of this machine are probed with; where the settings cannot be read, the defaults. */
export async function probeSettings(configPath: string, variables: Context["env"]): Promise<SandboxProbeInit> {
  try {
    const settings = resolveSettings({}, variables, await readConfig(configPath))
    const { python } = settings
    return { ...runnerSettings(settings), ...(python === undefined ? {} : { python: inspectPython(python) }) }
  } catch (error) {
    if (isSporeError(error)) return {}
    throw error
  }
}
