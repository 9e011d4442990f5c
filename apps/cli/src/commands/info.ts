import { arch, platform, release } from "node:os"
import { dirname } from "node:path"
import { detectEnv, probeSandboxes, reachesGpu, type SandboxProbeInit } from "@spore/runner"
import { dataPaths } from "@spore/node/local"
import { type Env, hardwareClass, isSporeError } from "@spore/records"
import { loadIdentity } from "@spore/records/keyfile"
import type { Context } from "../context.ts"
import { failureOf } from "../errors.ts"
import { openFacts } from "../folder/facts.ts"
import { askRunning, type LiveNode } from "../folder/live.ts"
import { tilde } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { printFields } from "../output/table.ts"
import { logPath } from "../logs/path.ts"
import { probeSettings, readSettings } from "../settings/probe-settings.ts"
import { followedTaskId } from "../task-choice.ts"
import { findInstallation } from "../updates/installation.ts"
import { kindOf, originOf } from "../updates/origin.ts"

/** What bug reports ask for: versions, paths, machine. Nothing is made or changed. */
export async function run({ dataDir, json, output, version, env: variables }: Context): Promise<void> {
  const paths = dataPaths(dataDir)
  const live = await askRunning(dataDir)
  const { settings, problem } = await usableSettings(paths.config, variables)
  const { sandbox } = await probeSandboxes(settings)
  const backend = sandbox?.backend ?? "none"
  const { gpu, python } = settings
  const env = detectEnv({
    sandbox: backend,
    accelerator: reachesGpu(backend, gpu === true),
    ...(python === undefined ? {} : { python }),
  })
  const installation = findInstallation(variables)
  const { builtIn, packageFolder, versionsFolder: versions } = installation
  const node = await nodeIdOf(paths.identity)
  const place = await taskAndClass(dataDir, live, env)
  const files = { ...paths, log: logPath(dataDir) }
  if (json) {
    output.print(
      safeJson({
        version,
        installed: kindOf(installation),
        package: packageFolder,
        built_in: builtIn.version,
        versions,
        runtime: { node: process.versions.node, v8: process.versions.v8 },
        system: { os: platform(), release: release(), arch: arch() },
        node,
        running: live === null ? null : { pid: live.running.pid, url: live.running.url },
        data_dir: dataDir,
        files,
        settings: problem ?? "ok",
        env,
        ...place,
      }),
    )
    return
  }
  printFields(output, [
    ["spore", `${version}, ${originOf(installation)}`],
    ...(installation.isUpdate
      ? [["installed", `${builtIn.version}: ${tilde(dirname(dirname(builtIn.entry)))}`] as const]
      : []),
    ["versions", versions === null ? "none are kept: SPORE_VERSIONS=none" : tilde(versions)],
    ["runtime", `Node.js ${process.versions.node}, V8 ${process.versions.v8}`],
    ["system", `${platform()} ${release()} ${arch()}`],
    ["node", node ?? "none yet (spore init makes the key)"],
    ["running", live === null ? "no" : `process ${live.running.pid}, ${live.running.url ?? "starting"}`],
    ["data", tilde(dataDir)],
    ...Object.entries(files).map(([name, path]) => [`  ${name}`, tilde(path)] as const),
    ...(problem === null ? [] : [["settings", problem] as const]),
    ["machine", `${env.arch} ${env.os}, ${env.accelerator}`],
    ...Object.entries(env.runtime).map(([name, value]) => [`  ${name}`, value] as const),
    ["sandbox", env.sandbox],
    ["task", place.task ?? "chosen when the node runs"],
    ["class", place.hardware_class ?? "–"],
  ])
}

/** Bug reports are wanted above all where settings are wrong: then what holds is said, and the defaults are shown. */
async function usableSettings(
  configPath: string,
  variables: Context["env"],
): Promise<{ settings: SandboxProbeInit; problem: string | null }> {
  try {
    return { settings: probeSettings(await readSettings(configPath, variables)), problem: null }
  } catch (error) {
    const { message } = failureOf(error)
    return { settings: {}, problem: `the defaults, since they cannot be used: ${message}` }
  }
}

async function nodeIdOf(path: string): Promise<string | null> {
  try {
    return (await loadIdentity(path)).nodeId
  } catch (error) {
    if (isSporeError(error, "key_unreadable")) return null
    throw error
  }
}

/** The followed task and this machine's class in it, where the folder tells. */
async function taskAndClass(
  dataDir: string,
  live: LiveNode | null,
  env: Env,
): Promise<{ task: string | null; hardware_class: string | null }> {
  const nothing = { task: null, hardware_class: null }
  let store
  try {
    store = await openFacts(dataDir)
  } catch (error) {
    if (isSporeError(error, "not_initialised")) return nothing
    throw error
  }
  try {
    const tasks = await store.tasks()
    const followed = await followedTaskId(store, tasks, live)
    const task = tasks.find(({ id }) => id === followed)
    if (task === undefined) return nothing
    return { task: task.name, hardware_class: hardwareClass(env, task.terms.classKeys) }
  } finally {
    await store.close()
  }
}
