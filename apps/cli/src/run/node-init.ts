import type { NodeMode, SporeNodeInit } from "@spore/node"
import { type Logger, systemClock } from "@spore/records"
import { inspectPython } from "@spore/runner"
import type { DataFolder } from "../folder/data-folder.ts"
import { runnerSettings, type Settings } from "../settings/settings.ts"

/** What the node of a command is made from. */
export interface NodeInitSource {
  dataDir: string
  folder: DataFolder
  settings: Settings
  mode: NodeMode
  /** Whether bundled and own code may run where no sandbox works. */
  unsandboxedOwn: boolean
  version: string
  /** Variables that jobs get, and those of pip. */
  jobEnv: Readonly<Record<string, string>>
  pipEnv: Readonly<Record<string, string>>
}

/**
 * All of a node but its place in the network.
 *
 * @throws SporeError `python_unusable`
 */
export function nodeInit(source: NodeInitSource, log: Logger): Omit<SporeNodeInit, "listen"> {
  const { settings } = source
  const { enabled, rate } = settings.verify
  return {
    dataDir: source.dataDir,
    identity: source.folder.identity,
    mode: source.mode,
    verify: { enabled, rate },
    autoFollow: settings.autoFollow,
    unsandboxed: source.unsandboxedOwn ? "own" : "never",
    resource: settings.resource,
    ...(settings.python === undefined ? {} : { python: inspectPython(settings.python) }),
    jobEnv: source.jobEnv,
    pipEnv: source.pipEnv,
    runner: runnerSettings(settings),
    artifactQuota: settings.artifactQuota,
    version: source.version,
    clock: systemClock,
    log,
  }
}
