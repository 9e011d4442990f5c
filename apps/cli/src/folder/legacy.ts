import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parse } from "smol-toml"

/** Where sporemesh 0.6 keeps its data, below the same folder. */
const PLACES = ["identity/private_key", "db/graph.sqlite", "artifact", "known_peer"]
/** Keys of its config.toml that this program does not have. It has `port` in common. */
const LEGACY_KEYS = ["host", "data_dir", "peer"]
/** Keys that only this program has. */
const OWN_KEYS = [
  "web_port",
  "web_host",
  "peers",
  "resource",
  "artifact_quota",
  "auto_follow",
  "log_level",
  "announce",
  "peer_exchange",
  "lan",
  "mdns",
  "relay",
  "runner",
  "legacy",
  "limits",
  "verify",
]

/** What sporemesh 0.6 left in a data folder, relative to it. */
export function findLegacyData(dataDir: string): string[] {
  const found = PLACES.filter((place) => existsSync(join(dataDir, place)))
  try {
    if (isLegacyConfig(readFileSync(join(dataDir, "config.toml"), "utf8"))) found.push("config.toml")
  } catch {
    // none, or not readable: the config reader says so
  }
  return found
}

/** Whether the text of a config.toml was written for sporemesh 0.6. */
export function isLegacyConfig(text: string): boolean {
  try {
    const table = parse(text)
    const has = (key: string): boolean => Object.hasOwn(table, key)
    return LEGACY_KEYS.some(has) && !OWN_KEYS.some(has)
  } catch {
    return false
  }
}

/** The one line that tells about it; null where there is nothing. */
export function legacyNotice(dataDir: string, shownDir: string = dataDir): string | null {
  const found = findLegacyData(dataDir)
  if (found.length === 0) return null
  return `Data of sporemesh 0.6 found in ${shownDir} (${found.join(", ")}): left untouched; spore init and spore run import it once.`
}
