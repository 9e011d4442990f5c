import type { AutoFollow, LegacySettings } from "@spore/node"
import { BOOTSTRAP, GIB, HOME_ARTIFACT_QUOTA } from "@spore/node/local"
import type { TransportLimits } from "@spore/transport"
import type { z } from "zod"
import type { Context } from "../context.ts"
import {
  announceSchema,
  autoFollowSchema,
  type Config,
  type LogLevel,
  logLevelSchema,
  portSchema,
  pythonSchema,
  type RelayRole,
  relaySchema,
  resourceSchema,
} from "./config-file.ts"
import { askedPeers, given, listOf } from "./peers.ts"
import { type ResearchFlags, type ResearchSettings, resolveResearch } from "./research.ts"
import { resolveUpdate, type UpdateFlags, type UpdateSettings } from "./update.ts"
import { fromEnv, variable, wholeOf } from "./variables.ts"

/** How a node is to run, every source taken together. */
export interface Settings {
  port: number
  webPort: number
  webHost: string
  /** Multiaddrs or `host:port`. */
  peers: string[]
  /** Multiaddrs that peers are told; empty: those listened on. */
  announce: string[]
  /** Peers are asked for others. */
  peerExchange: boolean
  lan: boolean
  mdns: boolean
  relay: RelayRole
  /** What differs from the limits of a home node. */
  limits: Partial<TransportLimits>
  resource: number
  /** Whether sandboxed jobs get the GPUs. */
  gpu: boolean
  /** For jobs in containers. */
  image: string | undefined
  /** Bytes. */
  artifactQuota: number
  autoFollow: AutoFollow
  logLevel: LogLevel
  /** Absolute path of the Python of jobs, or of its virtual environment; undefined: the system's own. */
  python: string | undefined
  /** Nodes of the 0.6 network. */
  legacy: LegacySettings
  /** Reruns of others' claims: `rate` in percent of a research node's device time; `trusted` node ids. */
  verify: { enabled: boolean; rate: number; trusted: string[] }
  research: ResearchSettings
  update: UpdateSettings
  /** Name or id of the task for this run; without it the pinned one, else the most active. */
  task: string | undefined
}

/** What flags may set. */
export interface SettingFlags extends ResearchFlags, UpdateFlags {
  solo?: boolean | undefined
  port?: number | undefined
  webPort?: number | undefined
  webHost?: string | undefined
  peer?: readonly string[] | undefined
  announce?: readonly string[] | undefined
  lan?: boolean | undefined
  mdns?: boolean | undefined
  relay?: RelayRole | undefined
  resource?: number | undefined
  gpu?: boolean | undefined
  verify?: boolean | undefined
  verifyRate?: number | undefined
  task?: string | undefined
}

/**
 * A flag wins over a SPORE_* variable, that over `config.toml`, that over the default.
 *
 * @throws SporeError `bad_setting` for a variable that cannot be used
 */
export function resolveSettings(flags: SettingFlags, env: Context["env"], config: Config): Settings {
  const number = (name: string, schema: z.ZodType<number>): number | undefined => fromEnv(env, name, schema, wholeOf)
  const peers = askedPeers(flags.peer, env, config.peers) ?? [BOOTSTRAP]
  const dialsNobody = flags.solo === true || peers.length === 0
  return {
    port: flags.port ?? number("SPORE_PORT", portSchema) ?? config.port ?? 7470,
    webPort: flags.webPort ?? number("SPORE_WEB_PORT", portSchema) ?? config.web_port ?? 8470,
    webHost: flags.webHost ?? variable(env, "SPORE_WEB_HOST") ?? config.web_host ?? "127.0.0.1",
    peers,
    announce: given(flags.announce) ?? fromEnv(env, "SPORE_ANNOUNCE", announceSchema, listOf) ?? config.announce ?? [],
    peerExchange: config.peer_exchange ?? true,
    lan: flags.lan ?? config.lan ?? false,
    mdns: flags.mdns ?? config.mdns ?? false,
    relay: flags.relay ?? fromEnv(env, "SPORE_RELAY", relaySchema, (text) => text) ?? config.relay ?? "client",
    limits: config.limits ?? {},
    resource: flags.resource ?? number("SPORE_RESOURCE", resourceSchema) ?? config.resource ?? 100,
    gpu: flags.gpu ?? config.runner?.gpu ?? false,
    image: config.runner?.image || undefined,
    artifactQuota: artifactQuota(config),
    autoFollow: fromEnv(env, "SPORE_AUTO_FOLLOW", autoFollowSchema, (text) => text) ?? config.auto_follow ?? "known",
    logLevel: fromEnv(env, "SPORE_LOG_LEVEL", logLevelSchema, (text) => text) ?? config.log_level ?? "info",
    python: fromEnv(env, "SPORE_PYTHON", pythonSchema, (text) => text) ?? (config.runner?.python || undefined),
    legacy: { peers: config.legacy?.peers ?? [], listen: config.legacy?.listen || null },
    verify: {
      enabled: flags.verify ?? config.verify?.enabled ?? true,
      rate: flags.verifyRate ?? config.verify?.rate ?? 50,
      trusted: config.verify?.trusted ?? [],
    },
    research: resolveResearch(flags, env, config.research ?? {}),
    update: resolveUpdate(flags, env, config.update ?? {}, dialsNobody),
    task: flags.task ?? variable(env, "SPORE_TASK"),
  }
}

/** Bytes that artifacts may take on disk. */
export function artifactQuota({ artifact_quota: quota }: Config): number {
  return quota === undefined ? HOME_ARTIFACT_QUOTA : quota * GIB
}

/** What a probe for sandboxes is told. */
export function runnerSettings({ gpu, image }: Pick<Settings, "gpu" | "image">): { gpu: boolean; image?: string } {
  return { gpu, ...(image === undefined ? {} : { image }) }
}
