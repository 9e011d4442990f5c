import { open } from "node:fs/promises"
import { join } from "node:path"
import { excerpt } from "@spore/records"
import { parse as parseToml } from "smol-toml"
import { z } from "zod"
import { refuse } from "../errors.ts"
import { parseLenientHex } from "../signature/hex.ts"
import { isMissing, refusalOf } from "./problem.ts"
import type { LegacyConfig, LegacyRefusal } from "./types.ts"

const MAX_FILE = 1024 * 1024
const MAX_PEERS = 1024
const PEER = /^(?:[A-Za-z0-9.-]{1,253}:[0-9]{1,5}|(?:\/[^/\s]+)+)$/

const configSchema = z.object({
  host: z.string().min(1).nullable().default(null).catch(null),
  port: z.number().int().min(0).max(65_535).nullable().default(null).catch(null),
  data_dir: z.string().nullable().default(null).catch(null),
  peer: z.array(z.unknown()).default([]).catch([]),
})

/** Reads `config.toml` and `known_peer`; what cannot be used is added to `problems`. */
export async function readConfig(folder: string, problems: LegacyRefusal[]): Promise<LegacyConfig> {
  const config = configSchema.parse(await readToml(folder, problems))
  const known = await attempt("known_peer", problems, () => readSmallFile(join(folder, "known_peer")))
  const met = (known ?? "").split("\n").map((line) => line.trim())
  const peers = new Set<string>()
  for (const peer of [...config.peer, ...met.filter((line) => line !== "")]) {
    if (typeof peer === "string" && PEER.test(peer)) {
      if (peers.size < MAX_PEERS) peers.add(peer)
    } else problems.push(refusalOf("peer", refuse("bad_schema", `not host:port: ${excerpt(String(peer))}`)))
  }
  return { host: config.host, port: config.port, dataDir: config.data_dir, peers: [...peers] }
}

/** The seed of the node's key; null where there is none, or none that can be used. */
export async function readSeed(folder: string, problems: LegacyRefusal[]): Promise<Uint8Array | null> {
  const text = await attempt("identity/private_key", problems, () =>
    readSmallFile(join(folder, "identity/private_key")),
  )
  if (text === null) return null
  const seed = text.length <= 1024 ? parseLenientHex(text.trim()) : null
  if (seed?.length === 32) return seed
  problems.push(refusalOf("identity/private_key", refuse("bad_key", "not 32 bytes in hex")))
  return null
}

async function readToml(folder: string, problems: LegacyRefusal[]): Promise<unknown> {
  const toml = await attempt("config.toml", problems, async () => {
    const text = await readSmallFile(join(folder, "config.toml"))
    return text === null ? {} : parseToml(text)
  })
  return toml ?? {}
}

async function attempt<T>(what: string, problems: LegacyRefusal[], read: () => Promise<T>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    problems.push(refusalOf(what, error))
    return null
  }
}

/** The text of a file; null where there is none. */
async function readSmallFile(path: string): Promise<string | null> {
  try {
    await using file = await open(path, "r")
    const stat = await file.stat()
    if (!stat.isFile() || stat.size > MAX_FILE) throw refuse("unreadable", "no regular file of at most 1 MiB")
    return await file.readFile("utf8")
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}
