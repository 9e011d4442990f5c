import { networkInterfaces } from "node:os"
import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { BOOTSTRAP, GIB, limitOverrides, RELAY_ARTIFACT_QUOTA } from "@spore/node/local"
import { messageOf, SporeError } from "@spore/records"
import type { TransportLimits } from "@spore/transport/limits"
import { z } from "zod"

export type RelayErrorCode = "bad_usage"

/** How a relay is to run. */
export interface RelaySettings {
  dataDir: string
  /** Multiaddrs. */
  listen: string[]
  /** Multiaddrs that peers are told; empty: those listened on. */
  announce: string[]
  /** Multiaddrs or `host:port`. */
  peers: string[]
  /** Nodes of the 0.6 network to keep in step with, as `host:port`. */
  legacyPeers: string[]
  /** `host:port` to listen on for 0.6 nodes. */
  legacyListen?: string | undefined
  webHost: string
  webPort: number
  /** Names by which others than this machine may ask for the explorer. */
  webNames: string[]
  /** Bytes that artifacts may take on disk. */
  artifactQuota: number
  /** What differs from the limits of a relay. */
  limits: Partial<TransportLimits>
  logLevel: "debug" | "info" | "warn" | "error"
}

export const USAGE = `spore-relay: keeps facts and artifacts for a network of Spore nodes, and relays their connections.

Each flag has a variable, SPORE_RELAY_DATA_DIR for --data-dir (or SPORE_DATA_DIR, as spore has it);
flags that may be repeated take a list separated by commas there.

  --data-dir FOLDER    /var/lib/spore-relay by default
  --listen MULTIADDR   repeatable; TCP port 7470 of all addresses by default
  --announce MULTIADDR repeatable; what peers are told instead, such as /dns4/relay.example.org/tcp/7470
  --peers ADDRESS      repeatable; other relays to stay connected with, "none" for nobody
  --legacy-peers ADDR  repeatable; nodes of sporemesh 0.6 to keep in step with, as HOST:PORT
  --legacy-listen ADDR HOST:PORT to listen on for nodes of sporemesh 0.6; not at all by default
  --web-host HOST      explorer and API, 127.0.0.1 by default
  --web-port PORT      8470 by default; 0 for any
  --web-names NAME     repeatable; host names under which the explorer is asked for from elsewhere
  --artifact-quota GIB space for artifacts on disk, 200 by default
  --limits NAME=NUMBER repeatable; docs/operating.md lists all limits
  --log-level LEVEL    debug, info, warn or error; info by default
  --help, --version
`

const multiaddrs = z.array(z.string().startsWith("/", "expected multiaddrs, such as /ip4/0.0.0.0/tcp/7470")).max(16)
const names = z.array(z.string().min(1)).max(256)
const port = z.string().regex(/^\d+$/, "expected a port").transform(Number).pipe(z.number().max(65_535))

const settingsSchema = z.object({
  dataDir: z
    .string()
    .transform((path) => resolve(path))
    .prefault("/var/lib/spore-relay"),
  listen: multiaddrs.default(everywhere),
  announce: multiaddrs.default([]),
  peers: names.default([BOOTSTRAP]).transform((peers) => peers.filter((peer) => peer !== "none")),
  legacyPeers: names.default([]),
  legacyListen: z.string().optional(),
  webHost: z.string().default("127.0.0.1"),
  webPort: port.prefault("8470"),
  webNames: names.default([]),
  artifactQuota: z
    .string()
    .regex(/^\d{1,6}$/, "expected a number of GiB")
    .transform((text) => Number(text) * GIB)
    .default(RELAY_ARTIFACT_QUOTA),
  limits: z.array(z.string()).transform(pairs).pipe(limitOverrides).prefault([]),
  logLevel: z.enum(["debug", "info", "warn", "error"]).default("info"),
})
const LISTS: readonly string[] = ["listen", "announce", "peers", "legacyPeers", "webNames", "limits"]

/**
 * A flag wins over a SPORE_RELAY_* variable, that over the SPORE_* one of the same name, that over the default.
 *
 * @throws SporeError `bad_usage`
 */
export function readSettings(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): RelaySettings {
  const flags = readFlags(argv)
  const given = Object.keys(settingsSchema.shape).map((name) => {
    const variable = name.replaceAll(/[A-Z]/g, "_$&").toUpperCase()
    // An empty variable counts as unset.
    const text = env[`SPORE_RELAY_${variable}`] || env[`SPORE_${variable}`] || undefined
    return [name, flags[flagOf(name)] ?? (LISTS.includes(name) ? splitList(text) : text)]
  })
  const parsed = settingsSchema.safeParse(Object.fromEntries(given))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const [setting, ...inside] = (issue?.path ?? []).map(String)
  throw badUsage([`--${flagOf(setting ?? "")}`, ...inside, issue?.message].join(": "))
}

function readFlags(argv: readonly string[]): Readonly<Record<string, unknown>> {
  const options = Object.keys(settingsSchema.shape).map(
    (name) => [flagOf(name), { type: "string", multiple: LISTS.includes(name) }] as const,
  )
  try {
    return parseArgs({ args: [...argv], options: Object.fromEntries(options) }).values
  } catch (error) {
    throw badUsage(messageOf(error))
  }
}

function flagOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** All addresses of this machine; a system without IPv6 refuses to listen on it. */
function everywhere(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((each = []) => each)
  const hasSix = addresses.some(({ family }) => family === "IPv6")
  return ["/ip4/0.0.0.0/tcp/7470", ...(hasSix ? ["/ip6/::/tcp/7470"] : [])]
}

function splitList(text: string | undefined): string[] | undefined {
  return text
    ?.split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
}

function pairs(texts: readonly string[]): unknown {
  return Object.fromEntries(
    texts.map((text) => {
      const [name = "", value = ""] = text.split("=", 2)
      return [name.trim(), /^\d+$/.test(value.trim()) ? Number(value) : value]
    }),
  )
}

function badUsage(message: string): SporeError<RelayErrorCode> {
  return new SporeError("bad_usage", message, { next: "spore-relay --help" })
}
