import { open } from "node:fs/promises"
import { type DataPaths, folderUnusable, prepareDataFolder } from "@spore/node/local"
import { type Identity, hasErrorCode } from "@spore/records"
import { CONFIG_TEMPLATE } from "../settings/config-file.ts"

/** A data folder that is ready for a node of this program. */
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
  const { paths, identity, isNewKey } = await prepareDataFolder(dataDir)
  const config = await writeConfig(paths.config).catch((error: unknown) => {
    throw folderUnusable(dataDir, error)
  })
  return { paths, identity, created: { key: isNewKey, config } }
}

/** Writes the commented `config.toml` where there is none; whether it did. */
async function writeConfig(path: string): Promise<boolean> {
  let file
  try {
    file = await open(path, "wx", 0o600)
  } catch (error) {
    if (hasErrorCode(error, "EEXIST")) return false
    throw error
  }
  try {
    await file.writeFile(CONFIG_TEMPLATE)
  } finally {
    await file.close()
  }
  return true
}
