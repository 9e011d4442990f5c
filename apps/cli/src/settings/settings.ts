import type { AutoFollow, LegacySettings } from "@spore/node"
import type { z } from "zod"
import type { Context } from "../context.ts"
import { cliError } from "../errors.ts"
import {
  autoFollowSchema,
  type Config,
  type LogLevel,
  logLevelSchema,
  portSchema,
  resourceSchema,
} from "./config-file.ts"

/** Dialled where no peer is configured. */
export const BOOTSTRAP = "/dns4/peer.sporemesh.com/tcp/7470"

/** How a node is to run, every source taken together. */
export interface Settings {
  port: number
  webPort: number
  webHost: string
  /** Multiaddrs or `host:port`. */
  peers: string[]
  resource: number
  autoFollow: AutoFollow
  logLevel: LogLevel
  /** Nodes of the 0.6 network. */
  legacy: LegacySettings
  /** Name or id of the task for this run; without it the pinned one, else the most active. */
  task: string | undefined
}

/** What flags may set. */
export interface SettingFlags {
  port?: number | undefined
  webPort?: number | undefined
  webHost?: string | undefined
  peer?: readonly string[] | undefined
  resource?: number | undefined
  task?: string | undefined
}

/**
 * A flag wins over a SPORE_* variable, that over `config.toml`, that over the default.
 *
 * @throws SporeError `bad_setting` for a variable that cannot be used
 */
export function resolveSettings(flags: SettingFlags, env: Context["env"], config: Config): Settings {
  const number = (name: string, schema: z.ZodType<number>): number | undefined =>
    fromEnv(env, name, schema, (text) => (/^\d+$/.test(text) ? Number(text) : Number.NaN))
  const flagPeers = flags.peer === undefined || flags.peer.length === 0 ? undefined : [...flags.peer]
  return {
    port: flags.port ?? number("SPORE_PORT", portSchema) ?? config.port ?? 7470,
    webPort: flags.webPort ?? number("SPORE_WEB_PORT", portSchema) ?? config.web_port ?? 8470,
    webHost: flags.webHost ?? variable(env, "SPORE_WEB_HOST") ?? config.web_host ?? "127.0.0.1",
    peers: flagPeers ?? peersFromEnv(env) ?? config.peers ?? [BOOTSTRAP],
    resource: flags.resource ?? number("SPORE_RESOURCE", resourceSchema) ?? config.resource ?? 100,
    autoFollow: fromEnv(env, "SPORE_AUTO_FOLLOW", autoFollowSchema, (text) => text) ?? config.auto_follow ?? "known",
    logLevel: fromEnv(env, "SPORE_LOG_LEVEL", logLevelSchema, (text) => text) ?? config.log_level ?? "info",
    legacy: { peers: config.legacy?.peers ?? [], listen: config.legacy?.listen || null },
    task: flags.task ?? variable(env, "SPORE_TASK"),
  }
}

/** SPORE_PEERS: addresses separated by commas, or `none` for nobody. */
function peersFromEnv(env: Context["env"]): string[] | undefined {
  const text = variable(env, "SPORE_PEERS")?.trim()
  if (text === undefined) return undefined
  if (text === "none") return []
  return text
    .split(",")
    .map((address) => address.trim())
    .filter((address) => address !== "")
}

function fromEnv<T>(
  env: Context["env"],
  name: string,
  schema: z.ZodType<T>,
  read: (text: string) => unknown,
): T | undefined {
  const text = variable(env, name)
  if (text === undefined) return undefined
  const parsed = schema.safeParse(read(text.trim()))
  if (parsed.success) return parsed.data
  const reason = parsed.error.issues[0]?.message
  throw cliError("bad_setting", `${name}=${text.slice(0, 80)}: ${reason}`, { next: `unset ${name}, or correct it` })
}

/** An empty variable counts as unset, as shells have it. */
function variable(env: Context["env"], name: string): string | undefined {
  const text = env[name]
  return text === undefined || text === "" ? undefined : text
}
