import { copyFile, constants, readFile, rename, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { BOOTSTRAP } from "@spore/node/local"
import { parse } from "smol-toml"
import { z } from "zod"
import { isLegacyConfig } from "../folder/legacy.ts"
import { plain } from "../output/plain.ts"
import { CONFIG_TEMPLATE } from "../settings/config-file.ts"
import { hasErrorCode } from "@spore/records"

/** Suffix of the copy that is kept of 0.6's own file where ours takes its place. */
export const KEPT_SUFFIX = ".sporemesh-0.6"
const MAX_PEERS = 256
const ANY_HOST = ["0.0.0.0", "::", ""]

const configSchema = z.object({
  host: z.string().catch(""),
  port: z.number().int().min(0).max(65535).nullable().catch(null),
  data_dir: z.string().nullable().catch(null),
  peer: z.array(z.unknown()).catch([]),
})

/** What became of a config.toml of 0.6. */
export interface TranslatedConfig {
  /** The data folder that it names, as it is written there; null where it names none. */
  readonly dataDir: string | null
  /** Whether ours was written. */
  readonly isWritten: boolean
}

/**
 * Writes our config.toml at `to` with what the one of 0.6 at `from` said. In 0.6's own place the old file is kept beside
 * it as it was; elsewhere a file of ours that is there already stays. Null where there is none of 0.6.
 */
export async function translateConfig(from: string, to: string): Promise<TranslatedConfig | null> {
  const text = await readIfThere(from)
  if (text === null || !isLegacyConfig(text)) return null
  const config = configSchema.parse(parse(text))
  const translated = { dataDir: config.data_dir, isWritten: true }
  if (from === to) {
    await copyFile(from, from + KEPT_SUFFIX, constants.COPYFILE_EXCL).catch(unlessThere)
    await replace(to, ourConfig(config))
    return translated
  }
  if ((await readIfThere(to)) !== null) return { ...translated, isWritten: false }
  await replace(to, ourConfig(config))
  return translated
}

function ourConfig({ host, port, peer }: z.infer<typeof configSchema>): string {
  const own = peer.filter((one): one is string => typeof one === "string" && isPeer(one))
  const peers = [...new Set([BOOTSTRAP, ...own.filter((one) => !one.startsWith("peer.sporemesh.com:"))])]
  const host06 = ANY_HOST.includes(host)
    ? ""
    : `# sporemesh 0.6 listened on ${plain(host)} only; this node listens on all addresses, with --solo on this machine only.\n`
  let text = `# Translated from sporemesh 0.6, whose own file is kept beside this one.\n${host06}${CONFIG_TEMPLATE}`
  if (port !== null) text = text.replace(/^# port = .*$/m, `port = ${port}`)
  // Without peers of its own a node of 0.6 asked the same place for some as this one does.
  if (peers.length > 1) text = text.replace(/^# peers = .*$/m, `peers = ${JSON.stringify(peers.slice(0, MAX_PEERS))}`)
  return text
}

function isPeer(text: string): boolean {
  return /^(?:[A-Za-z0-9.-]{1,253}:[0-9]{1,5}|(?:\/[A-Za-z0-9.:-]+)+)$/.test(text)
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8")
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return null
    throw error
  }
}

/** Puts a whole file in place: a crash leaves the old one or the new one. */
async function replace(path: string, text: string): Promise<void> {
  const draft = join(dirname(path), `config.toml.${process.pid}.part`)
  try {
    await writeFile(draft, text, { mode: 0o600, flag: "wx" })
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
}

function unlessThere(error: unknown): void {
  if (!hasErrorCode(error, "EEXIST")) throw error
}
