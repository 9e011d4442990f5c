import { readFile } from "node:fs/promises"
import { messageOf } from "@spore/records"
import { parse, TomlError } from "smol-toml"
import { z } from "zod"
import { cliError } from "../errors.ts"
import { isLegacyConfig } from "../folder/legacy.ts"

/** What `config.toml` may set; what is left out has its default. */
export interface Config {
  port?: number | undefined
  web_port?: number | undefined
  web_host?: string | undefined
  peers?: string[] | undefined
  resource?: number | undefined
  auto_follow?: "known" | "trusted" | "off" | undefined
  log_level?: LogLevel | undefined
  legacy?: { peers?: string[] | undefined; listen?: string | undefined } | undefined
}

export type LogLevel = "debug" | "info" | "warn" | "error"

export const portSchema: z.ZodType<number> = z.number().int().min(0).max(65535)
export const resourceSchema: z.ZodType<number> = z.number().int().min(1).max(100)
export const autoFollowSchema: z.ZodType<"known" | "trusted" | "off"> = z.enum(["known", "trusted", "off"])
export const logLevelSchema: z.ZodType<LogLevel> = z.enum(["debug", "info", "warn", "error"])

const hostPort = z
  .string()
  .regex(/^(?:\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):\d{1,5}$/, "expected HOST:PORT, such as 192.0.2.1:7470")
const legacyFields = {
  peers: z.array(hostPort).max(64).optional(),
  listen: z.union([z.literal(""), hostPort]).optional(),
}

const fields = {
  port: portSchema.optional(),
  web_port: portSchema.optional(),
  web_host: z.string().min(1).optional(),
  peers: z.array(z.string().min(1)).max(256).optional(),
  resource: resourceSchema.optional(),
  auto_follow: autoFollowSchema.optional(),
  log_level: logLevelSchema.optional(),
  legacy: z.strictObject(legacyFields).optional(),
}
const configSchema: z.ZodType<Config> = z.strictObject(fields)

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
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {}
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
  const place = (issue?.path ?? []).filter((part) => typeof part === "string")
  if (issue?.code === "unrecognized_keys") {
    const [key = ""] = issue.keys
    const known = Object.keys(place[0] === "legacy" ? legacyFields : fields).join(", ")
    const where = place[0] === undefined ? "" : ` below [${place[0]}]`
    return cliError("bad_config", `${path}${lineOf(text, [...place, key])}: unknown key ${JSON.stringify(key)}`, {
      next: `remove it; the keys${where} are ${known}`,
    })
  }
  const key = place.join(".")
  return cliError("bad_config", `${path}${lineOf(text, place)}: ${key}: ${issue?.message}`, {
    next: `correct ${key} in ${path}`,
  })
}

/** `, line n` of the assignment to a key, at the top or in a table, or of its table; empty where it is not found. */
function lineOf(text: string, place: readonly string[]): string {
  const wanted = place.join(".")
  let table: string | undefined
  let line = 0
  for (const [index, one] of text.split("\n").entries()) {
    const [, bracket, name] = /^\s*(\[*)\s*["']?([^\s"'=.\]]+)/.exec(one) ?? []
    if (bracket !== undefined && bracket !== "") table = name
    const key = bracket === "" ? [table, name].filter((part) => part !== undefined).join(".") : name
    if (key === wanted) return `, line ${index + 1}`
    if (key === place[0] && line === 0) line = index + 1
  }
  return line === 0 ? "" : `, line ${line}`
}

/** The file that `spore init` writes: every setting with its meaning and default. */
export const CONFIG_TEMPLATE = `# Settings of this Spore node. A flag (spore run --help) or a SPORE_* variable wins over this file.
# A line that begins with # is off; what it shows is the default.

# TCP port on which peers reach this node; 0 takes any free one.
# port = 7470

# Explorer and API. Another host than 127.0.0.1 opens them, read-only, to that network.
# web_port = 8470
# web_host = "127.0.0.1"

# Peers to dial and keep, as multiaddrs or "host:port"; [] dials nobody.
# peers = ["/dns4/peer.sporemesh.com/tcp/7470"]

# Percent of the machine that experiments may use, 1 to 100.
# resource = 100

# Tasks the node takes up by itself when none is pinned (spore task use):
# "known": any; "trusted": bundled ones and your own; "off": none.
# auto_follow = "known"

# What logs/node.log keeps: "debug", "info", "warn" or "error".
# log_level = "info"

# Nodes of sporemesh 0.6 to keep in step with, as "host:port", and where to listen for them; "" does not.
# [legacy]
# peers = []
# listen = ""
`
