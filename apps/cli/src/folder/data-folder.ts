import { existsSync } from "node:fs"
import { access, constants, mkdir, open } from "node:fs/promises"
import { type DataPaths, dataPaths } from "@spore/node/local"
import { type Identity, messageOf } from "@spore/records"
import { loadOrCreateIdentity } from "@spore/records/keyfile"
import { cliError } from "../errors.ts"
import { CONFIG_TEMPLATE } from "../settings/config-file.ts"

/** A data folder that is ready for a node. */
export interface DataFolder {
  readonly paths: DataPaths
  readonly identity: Identity
  /** What was made just now. */
  readonly created: { readonly key: boolean; readonly config: boolean }
}

/**
 * Makes what is missing of a data folder: the folder (0700), the key (0600), `config.toml`. Nothing that exists is
 * written to.
 *
 * @throws SporeError `folder_unusable`, `key_too_open`, `key_malformed`, `key_unreadable`
 */
export async function prepareFolder(dataDir: string): Promise<DataFolder> {
  const paths = dataPaths(dataDir)
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    await access(dataDir, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw unusable(dataDir, error)
  }
  const hadKey = existsSync(paths.identity)
  const identity = await loadOrCreateIdentity(paths.identity)
  const config = await writeConfig(paths.config).catch((error: unknown) => {
    throw unusable(dataDir, error)
  })
  return { paths, identity, created: { key: !hadKey, config } }
}

/** Writes the commented `config.toml` where there is none; whether it did. */
async function writeConfig(path: string): Promise<boolean> {
  let file
  try {
    file = await open(path, "wx", 0o600)
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false
    throw error
  }
  try {
    await file.writeFile(CONFIG_TEMPLATE)
  } finally {
    await file.close()
  }
  return true
}

function unusable(dataDir: string, error: unknown): Error {
  return cliError("folder_unusable", `cannot use the data folder ${dataDir}: ${messageOf(error)}`, {
    cause: error,
    next: "give another folder with --data-dir",
  })
}
