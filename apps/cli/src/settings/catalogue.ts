import { GIB, limitKey, limitKeys } from "@spore/node/local"
import { HOME_LIMITS } from "@spore/transport/limits"
import type { TomlTable } from "smol-toml"
import type { Context } from "../context.ts"
import { type Config, configKeys } from "./config-file.ts"
import { isSet, configKey, type ConfigValue } from "./edit.ts"
import { artifactQuota, resolveSettings, type Settings } from "./settings.ts"
import { resolveUpdate } from "./update.ts"
import { variable } from "./variables.ts"

/** Where the value of a setting comes from; a flag of `spore run` wins over all of them. */
export type SettingSource = "variable" | "config.toml" | "default"

/** A setting as a node would have it that is started without flags. */
export interface Setting {
  readonly key: string
  /** Null: nothing. */
  readonly value: ConfigValue | null
  readonly source: SettingSource
  /** The SPORE_* variable that wins over the file. */
  readonly variable: string | null
}

/** What `readSettings` looks at. */
interface Sources {
  readonly settings: Settings
  readonly config: Config
  readonly env: Context["env"]
}

interface Entry {
  readonly variable?: string
  value(sources: Sources): ConfigValue | null
}

/** What resolves to more than one value is shown as it is given. */
function given(name: string, key: "proposer" | "model" | "agent" | "agent_cmd", without: string | null): Entry {
  return { variable: name, value: ({ config, env }) => variable(env, name) ?? config.research?.[key] ?? without }
}

const LIMITS: ReadonlyMap<string, number> = new Map(
  Object.entries(HOME_LIMITS).map(([name, value]) => [limitKey(name), value]),
)

function limit(key: string): Entry {
  return {
    value: ({ settings }) =>
      Object.entries(settings.limits).find(([name]) => limitKey(name) === key)?.[1] ?? LIMITS.get(key) ?? null,
  }
}

const ENTRIES: Readonly<Record<string, Entry>> = {
  port: { variable: "SPORE_PORT", value: ({ settings }) => settings.port },
  web_port: { variable: "SPORE_WEB_PORT", value: ({ settings }) => settings.webPort },
  web_host: { variable: "SPORE_WEB_HOST", value: ({ settings }) => settings.webHost },
  peers: { variable: "SPORE_PEERS", value: ({ settings }) => settings.peers },
  announce: { variable: "SPORE_ANNOUNCE", value: ({ settings }) => settings.announce },
  lan: { value: ({ settings }) => settings.lan },
  mdns: { value: ({ settings }) => settings.mdns },
  peer_exchange: { value: ({ settings }) => settings.peerExchange },
  relay: { variable: "SPORE_RELAY", value: ({ settings }) => settings.relay },
  resource: { variable: "SPORE_RESOURCE", value: ({ settings }) => settings.resource },
  artifact_quota: { value: ({ config }) => artifactQuota(config) / GIB },
  auto_follow: { variable: "SPORE_AUTO_FOLLOW", value: ({ settings }) => settings.autoFollow },
  log_level: { variable: "SPORE_LOG_LEVEL", value: ({ settings }) => settings.logLevel },
  "runner.gpu": { value: ({ settings }) => settings.gpu },
  "runner.image": { value: ({ settings }) => settings.image ?? "" },
  "runner.python": { variable: "SPORE_PYTHON", value: ({ settings }) => settings.python ?? "" },
  "legacy.peers": { value: ({ settings }) => settings.legacy.peers },
  "legacy.listen": { value: ({ settings }) => settings.legacy.listen ?? "" },
  "verify.enabled": { value: ({ settings }) => settings.verify.enabled },
  "verify.rate": { value: ({ settings }) => settings.verify.rate },
  "verify.trusted": { value: ({ settings }) => settings.verify.trusted },
  "research.proposer": given("SPORE_PROPOSER", "proposer", "auto"),
  "research.model": given("SPORE_MODEL", "model", null),
  "research.agent": given("SPORE_AGENT", "agent", null),
  "research.agent_cmd": given("SPORE_AGENT_CMD", "agent_cmd", null),
  "research.workers": { variable: "SPORE_WORKERS", value: ({ settings }) => settings.research.workers },
  "research.max_cost": { variable: "SPORE_MAX_COST", value: ({ settings }) => settings.research.maxCostUsd },
  "research.max_tokens": { variable: "SPORE_MAX_TOKENS", value: ({ settings }) => settings.research.maxTokens },
  "research.program": { value: ({ settings }) => settings.research.program ?? "program.md" },
  "update.enabled": {
    variable: "SPORE_AUTO_UPDATE",
    // As it is meant: a node that dials nobody asks the official channel nothing all the same.
    value: ({ config, env }) => resolveUpdate({}, env, config.update ?? {}, false).auto,
  },
  "update.url": { variable: "SPORE_UPDATE_URL", value: ({ settings }) => settings.update.url },
  ...Object.fromEntries(limitKeys.map((key) => [`limits.${key}`, limit(key)])),
}

/**
 * All settings, in the order of the file.
 *
 * @param table what the file says, as TOML has it
 * @param config the same, checked
 * @throws SporeError `bad_setting` for a variable that cannot be used
 */
export function listSettings(table: TomlTable, config: Config, env: Context["env"]): Setting[] {
  const settings = resolveSettings({}, env, config)
  return configKeys.map((key) => {
    const { variable: name = null, value } = ENTRIES[key] ?? { value: () => null }
    const isVariable = name !== null && variable(env, name) !== undefined
    const source = isVariable ? "variable" : isSet(table, configKey(key)) ? "config.toml" : "default"
    return { key, value: value({ settings, config, env }), source, variable: name }
  })
}
