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
  artifact_quota?: number | undefined
  auto_follow?: "known" | "trusted" | "off" | undefined
  log_level?: LogLevel | undefined
}

export type LogLevel = "debug" | "info" | "warn" | "error"

export const portSchema: z.ZodType<number> = z.number().int().min(0).max(65535)
export const resourceSchema: z.ZodType<number> = z.number().int().min(1).max(100)
export const autoFollowSchema: z.ZodType<"known" | "trusted" | "off"> = z.enum(["known", "trusted", "off"])
export const logLevelSchema: z.ZodType<LogLevel> = z.enum(["debug", "info", "warn", "error"])

const fields = {
  port: portSchema.optional(),
  web_port: portSchema.optional(),
  web_host: z.string().min(1).optional(),
  peers: z.array(z.string().min(1)).max(256).optional(),
  resource: resourceSchema.optional(),
  artifact_quota: z.number().positive().max(1_000_000).optional(),
  auto_follow: autoFollowSchema.optional(),
  log_level: logLevelSchema.optional(),
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
  if (issue?.code === "unrecognized_keys") {
    const [key = ""] = issue.keys
    return cliError("bad_config", `${path}${lineOf(text, key)}: unknown key ${JSON.stringify(key)}`, {
      next: `remove it; the keys are ${Object.keys(fields).join(", ")}`,
    })
  }
  const key = String(issue?.path[0] ?? "")
  return cliError("bad_config", `${path}${lineOf(text, key)}: ${key}: ${issue?.message}`, {
    next: `correct ${key} in ${path}`,
  })
}

/** `, line n` of the assignment to a top-level key, or of its table; empty where it is not found. */
function lineOf(text: string, key: string): string {
  const index = text.split("\n").findIndex((line) => {
    const name = /^\s*\[*\s*["']?([^\s"'=.\]]+)/.exec(line)?.[1]
    return name === key
  })
  return index === -1 ? "" : `, line ${index + 1}`
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

# GiB that code, logs and other artifacts may take on disk; beyond, the least worth is deleted.
# artifact_quota = 20

# Tasks the node takes up by itself when none is pinned (spore task use):
# "known": any; "trusted": bundled ones and your own; "off": none.
# auto_follow = "known"

# What logs/node.log keeps: "debug", "info", "warn" or "error".
# log_level = "info"
`
