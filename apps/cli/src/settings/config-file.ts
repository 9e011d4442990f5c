import { readFile } from "node:fs/promises"
import { limitKeys, limitOverrides } from "@spore/node/local"
import { messageOf, hasErrorCode, nodeIdOf, parseNodeId } from "@spore/records"
import { HOME_LIMITS, type TransportLimits } from "@spore/transport/limits"
import { parse, TomlError } from "smol-toml"
import { z } from "zod"
import { OFFICIAL_CHANNEL } from "@spore/operator"
import { cliError } from "../errors.ts"
import { isLegacyConfig } from "../folder/legacy.ts"
import { isLoopback } from "../run/listen.ts"

/** What `config.toml` may set; what is left out has its default. */
export interface Config {
  port?: number | undefined
  web_port?: number | undefined
  web_host?: string | undefined
  peers?: string[] | undefined
  announce?: string[] | undefined
  lan?: boolean | undefined
  mdns?: boolean | undefined
  peer_exchange?: boolean | undefined
  relay?: RelayRole | undefined
  resource?: number | undefined
  artifact_quota?: number | undefined
  auto_follow?: "known" | "trusted" | "off" | undefined
  log_level?: LogLevel | undefined
  /** By its own names: `maxConnections`. */
  limits?: Partial<TransportLimits> | undefined
  runner?: { gpu?: boolean | undefined; image?: string | undefined; python?: string | undefined } | undefined
  legacy?: { peers?: string[] | undefined; listen?: string | undefined } | undefined
  verify?: { enabled?: boolean | undefined; rate?: number | undefined; trusted?: string[] | undefined } | undefined
  research?: ResearchConfig | undefined
  update?: UpdateConfig | undefined
}

/** The table `[update]`. */
export interface UpdateConfig {
  /** Whether a running node looks for releases and takes them. */
  enabled?: boolean | undefined
  /** Of the release channel: its metadata lie in `metadata/`, its files in `targets/` below. */
  url?: string | undefined
}

/** The table `[research]`. */
export interface ResearchConfig {
  proposer?: ProposerKind | undefined
  model?: string | undefined
  agent?: string | undefined
  agent_cmd?: string | undefined
  workers?: number | undefined
  /** US dollars. */
  max_cost?: number | undefined
  max_tokens?: number | undefined
  /** Path of a file instead of `<data-dir>/program.md`. */
  program?: string | undefined
}

/** Who proposes; `auto`: the model that `spore set` chose, else the tuner. */
export type ProposerKind = "auto" | "tuner" | "llm" | "agent"

/** What part a node takes in circuit relay. */
export type RelayRole = "client" | "none" | "server"
export type LogLevel = "debug" | "info" | "warn" | "error"

export const portSchema: z.ZodType<number> = z.number().int().min(0).max(65535)
export const resourceSchema: z.ZodType<number> = z.number().int().min(1).max(100)
/** Percent. */
export const rateSchema: z.ZodType<number> = z.number().int().min(1).max(100)
/** Most keys whose reruns a node may be told to trust. */
export const MAX_TRUSTED = 256
/** The PeerId of an Ed25519 key. */
export const trustedNodeSchema: z.ZodType<string> = z
  .string()
  .refine(isNodeId, "expected a node id, as spore info shows it: 12D3KooW…")
export const autoFollowSchema: z.ZodType<"known" | "trusted" | "off"> = z.enum(["known", "trusted", "off"])
export const announceSchema: z.ZodType<string[]> = z
  .array(z.string().startsWith("/", "expected multiaddrs, such as /dns4/node.example.org/tcp/7470"))
  .max(16)
export const switchSchema: z.ZodType<boolean> = z.boolean()
/** Not an option of the engine's command line, and nothing a reference cannot hold. */
export const imageSchema: z.ZodType<string> = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,254}$/, "expected an image, such as docker.io/library/python:3.12-slim")
export const relaySchema: z.ZodType<RelayRole> = z.enum(["client", "none", "server"])
export const logLevelSchema: z.ZodType<LogLevel> = z.enum(["debug", "info", "warn", "error"])

export const proposerSchema: z.ZodType<ProposerKind> = z.enum(["auto", "tuner", "llm", "agent"])
/** Most loops side by side. */
export const MAX_WORKERS = 64
export const workersSchema: z.ZodType<number> = z.number().int().min(1).max(MAX_WORKERS)
/** US dollars. */
export const costSchema: z.ZodType<number> = z.number().positive().max(1_000_000)
export const MAX_TOKENS = 1_000_000_000_000
export const tokensSchema: z.ZodType<number> = z.number().int().min(1).max(MAX_TOKENS)
export const modelSchema: z.ZodType<string> = z
  .string()
  .max(256)
  .regex(
    /^[a-z0-9][a-z0-9-]*(\/\S+)?$/,
    "expected PROVIDER or PROVIDER/MODEL, such as groq or anthropic/claude-opus-4-1",
  )
export const commandSchema: z.ZodType<string> = z.string().trim().min(1, "expected a command").max(8192)

const hostPort = z
  .string()
  .regex(/^(?:\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):\d{1,5}$/, "expected HOST:PORT, such as 192.0.2.1:7470")
const legacyFields = {
  peers: z.array(hostPort).max(64).optional(),
  listen: z.union([z.literal(""), hostPort]).optional(),
}

export const pythonSchema: z.ZodType<string> = z.string().regex(/^(?:\/|[A-Za-z]:|$)/, "expected an absolute path")
const runnerFields = {
  gpu: switchSchema.optional(),
  image: z.union([z.literal(""), imageSchema]).optional(),
  python: pythonSchema.optional(),
}

const verifyFields = {
  enabled: switchSchema.optional(),
  rate: rateSchema.optional(),
  trusted: z.array(trustedNodeSchema).max(MAX_TRUSTED).optional(),
}

const wordsSchema = z.string().min(1).max(4096)
const researchFields = {
  proposer: proposerSchema.optional(),
  model: modelSchema.optional(),
  agent: wordsSchema.optional(),
  agent_cmd: commandSchema.optional(),
  workers: workersSchema.optional(),
  max_cost: costSchema.optional(),
  max_tokens: tokensSchema.optional(),
  program: wordsSchema.optional(),
}

/** Loopback alone may do without TLS: what is signed cannot be changed on the way, but be withheld and watched. */
export const channelSchema: z.ZodType<string> = z
  .string()
  .max(1024)
  .refine(isChannelUrl, "expected https://… (or http:// on this machine)")
const updateFields = {
  enabled: switchSchema.optional(),
  url: channelSchema.optional(),
}

const fields = {
  port: portSchema.optional(),
  web_port: portSchema.optional(),
  web_host: z.string().min(1).optional(),
  peers: z.array(z.string().min(1)).max(256).optional(),
  announce: announceSchema.optional(),
  lan: switchSchema.optional(),
  mdns: switchSchema.optional(),
  peer_exchange: switchSchema.optional(),
  relay: relaySchema.optional(),
  resource: resourceSchema.optional(),
  artifact_quota: z.number().positive().max(1_000_000).optional(),
  auto_follow: autoFollowSchema.optional(),
  log_level: logLevelSchema.optional(),
  limits: limitOverrides.optional(),
  runner: z.strictObject(runnerFields).optional(),
  legacy: z.strictObject(legacyFields).optional(),
  verify: z.strictObject(verifyFields).optional(),
  research: z.strictObject(researchFields).optional(),
  update: z.strictObject(updateFields).optional(),
}
const configSchema: z.ZodType<Config> = z.strictObject(fields)
const TABLES: readonly string[] = ["runner", "legacy", "verify", "research", "update", "limits"]

/**
 * Reads `config.toml`. A missing file and one of sporemesh 0.6 set nothing.
 *
 * @throws SporeError `bad_config` naming the line or key; the file is never written to
 */
export async function readConfig(path: string): Promise<Config> {
  let text: string
  try {
    text = await readFile(path, "utf8")
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return {}
    throw cliError("bad_config", `cannot read ${path}: ${messageOf(error)}`, { cause: error, next: `ls -l ${path}` })
  }
  return isLegacyConfig(text) ? {} : parseConfig(text, path)
}

/**
 * Reads the text of a `config.toml`; `path` is for messages.
 *
 * @throws SporeError `bad_config`
 */
export function parseConfig(text: string, path: string): Config {
  let table: unknown
  try {
    table = parse(text)
  } catch (error) {
    const reason = messageOf(error).split("\n", 1)[0]?.replace("Invalid TOML document: ", "")
    const line = error instanceof TomlError ? `, line ${error.line}` : ""
    throw cliError("bad_config", `${path}${line}: not TOML: ${reason}`, {
      cause: error,
      next: `correct ${error instanceof TomlError ? `line ${error.line} of ` : ""}${path}, or move the file away: the defaults then apply`,
    })
  }
  const parsed = configSchema.safeParse(table)
  if (parsed.success) return parsed.data
  throw problemOf(text, path, parsed.error)
}

function problemOf(text: string, path: string, error: z.ZodError): Error {
  const [issue] = error.issues
  const inside = issue?.path.map(String) ?? []
  if (issue?.code === "unrecognized_keys") {
    const [key = ""] = issue.keys
    return cliError("bad_config", `${path}${lineOf(text, [...inside, key])}: unknown key ${JSON.stringify(key)}`, {
      next: nextForUnknown(inside, key),
    })
  }
  const key = inside.filter((step) => !/^\d+$/.test(step))
  return cliError("bad_config", `${path}${lineOf(text, key)}: ${key.join(".")}: ${issue?.message}`, {
    next: `correct ${key.join(".")} in ${path}`,
  })
}

function nextForUnknown(table: readonly string[], key: string): string {
  if (table[0] === "update" && key === "root") return "remove it; a root of trust is yours: spore update trust FILE"
  if (table.length > 0) return `remove it; the keys of [${table.join(".")}] are ${keysOf(table).join(", ")}`
  if (limitKeys.includes(key)) return `put it below a line [limits], at the end of the file`
  return `remove it; the keys are ${keysOf(table).join(", ")}`
}

/** All settings: `port`, `verify.rate`. */
export const configKeys: readonly string[] = Object.keys(fields).flatMap((name) =>
  TABLES.includes(name) ? keysOf([name]).map((key) => `${name}.${key}`) : [name],
)

/** The keys that a table may have. */
function keysOf([table]: readonly string[]): readonly string[] {
  if (table === "limits") return limitKeys
  if (table === "legacy") return Object.keys(legacyFields)
  if (table === "verify") return Object.keys(verifyFields)
  if (table === "research") return Object.keys(researchFields)
  if (table === "update") return Object.keys(updateFields)
  return Object.keys(table === "runner" ? runnerFields : fields)
}

/** `, line n` where a key is assigned; where that is not found, where its table begins; else empty. */
function lineOf(text: string, path: readonly string[]): string {
  let table: string[] = []
  const lines = text.split("\n").map((line) => {
    const heading = /^\s*\[+([^\]]+)\]/.exec(line)?.[1]
    if (heading !== undefined) return (table = keysIn(heading))
    const name = /^\s*([^=#]+)=/.exec(line)?.[1]
    return name === undefined ? [] : [...table, ...keysIn(name)]
  })
  for (let depth = path.length; depth > 0; depth--) {
    const wanted = path.slice(0, depth)
    const index = lines.findIndex((keys) => wanted.every((key, i) => keys[i] === key))
    if (index !== -1) return `, line ${index + 1}`
  }
  return ""
}

function isChannelUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.username !== "" || url.password !== "") return false
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname))
}

function isNodeId(text: string): boolean {
  try {
    return nodeIdOf(parseNodeId(text)) === text
  } catch {
    return false
  }
}

/** The parts of a dotted key, without quotation marks. */
function keysIn(name: string): string[] {
  return name.split(".").map((part) => part.trim().replaceAll(/^["']|["']$/g, ""))
}

/** The file that `spore init` writes: every setting with its meaning and default. */
export const CONFIG_TEMPLATE: string = `# Settings of this Spore node. A flag (spore run --help) or a SPORE_* variable wins over this file.
# A line that begins with # is off; what it shows is the default.

# TCP port on which peers reach this node; 0 takes any free one.
# port = 7470

# Explorer and API. Another host than 127.0.0.1 opens them, read-only, to that network.
# web_port = 8470
# web_host = "127.0.0.1"

# Peers to dial and keep, as multiaddrs or "host:port"; [] dials nobody.
# peers = ["/dns4/peer.sporemesh.com/tcp/7470"]

# Addresses that peers are told instead of those this node listens on: multiaddrs such as
# "/dns4/node.example.org/tcp/7470", for a node behind a name or a forwarded port.
# announce = []

# How other peers are found: peers are asked for others; by mDNS in this network segment; lan: also at loopback and
# private addresses that a peer tells of.
# peer_exchange = true
# mdns = false
# lan = false

# "client": reached through relays where this node cannot be reached itself; "none"; "server": relays for others.
# relay = "client"

# Percent of the machine that experiments may use, 1 to 100.
# resource = 100

# GiB that code, logs and other artifacts may take on disk; beyond, the least worth is deleted.
# artifact_quota = 20

# Tasks the node takes up by itself when none is pinned (spore task use):
# "known": any; "trusted": bundled ones and your own; "off": none.
# auto_follow = "known"

# What logs/node.log keeps: "debug", "info", "warn" or "error".
# log_level = "info"

# Whether sandboxed experiments may use the GPUs: a driver is a large surface for hostile code. The image for jobs in
# containers (podman or docker), such as "docker.io/library/python:3.12-slim": it must be on this machine, and is never
# pulled; "" uses no containers. The Python of experiments, for tasks that bring no lock file: a python3 or the folder of
# a virtual environment, such as "/home/me/venv"; "" takes the system's own.
# [runner]
# gpu = false
# image = ""
# python = ""

# Reruns of what others claim. rate: percent of a research node's device time that they may take, 1 to 100; what either
# side leaves is the other's. enabled = false reruns nothing but what spore verify asks for. trusted: ids of nodes whose
# reruns weigh beside your own in spore frontier --anchored, a view of this node alone.
# [verify]
# rate = 50
# enabled = true
# trusted = []

# Who proposes what to try. proposer: "auto" asks the model that spore set chose, else uses the tuner; "tuner"; "llm";
# "agent". model: PROVIDER or PROVIDER/MODEL. agent: a known command-line agent, such as "claude", or agent_cmd: a command
# of your own. workers: loops side by side, 1 to 64. max_cost (US dollars) and max_tokens end the research of a run. program:
# your words to proposers, a file; "program.md" in this folder by default.
# [research]
# proposer = "auto"
# workers = 1

# Releases of spore: signed by its maintainers' keys, looked for every six hours by a running node and taken by itself;
# not enabled, that is left to spore update. url: of the channel, or of a mirror; whose keys must have signed what it
# holds is never said here (spore update trust).
[update]
# enabled = true
url = "${OFFICIAL_CHANNEL}"

# Nodes of sporemesh 0.6 to keep in step with, as "host:port", and where to listen for them; "" does not.
# [legacy]
# peers = []
# listen = ""

# What peers may cost. docs/operating.md has the table of all limits with their defaults and what they bound; these are
# for a machine with little memory or many peers. A table stays at the end of the file.
# [limits]
# max_connections = ${HOME_LIMITS.maxConnections}
# max_pending_inbound = ${HOME_LIMITS.maxPendingInbound}
# stream_window = ${HOME_LIMITS.streamWindow}
`
