import { existsSync } from "node:fs"
import { access, constants, mkdir } from "node:fs/promises"
import { type Identity, messageOf, SporeError } from "@spore/records"
import { loadOrCreateIdentity } from "@spore/records/keyfile"
import { type DataPaths, dataPaths } from "./paths.ts"

export type DataFolderErrorCode = "folder_unusable" | "already_running"

/** A data folder that is ready for a node. */
export interface NodeFolder {
  readonly paths: DataPaths
  readonly identity: Identity
  /** Whether the key was made just now. */
  readonly isNewKey: boolean
}

/**
 * Makes what is missing of a data folder: the folder (0700) and the key (0600). Nothing that exists is written to.
 *
 * @throws SporeError `folder_unusable`, `key_too_open`, `key_malformed`, `key_unreadable`
 */
export async function prepareDataFolder(dataDir: string): Promise<NodeFolder> {
  const paths = dataPaths(dataDir)
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    await access(dataDir, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw folderUnusable(dataDir, error)
  }
  const hadKey = existsSync(paths.identity)
  return { paths, identity: await loadOrCreateIdentity(paths.identity), isNewKey: !hadKey }
}

/** The error of a data folder that cannot be written to. */
export function folderUnusable(dataDir: string, cause: unknown): SporeError<DataFolderErrorCode> {
  return new SporeError("folder_unusable", `cannot use the data folder ${dataDir}: ${messageOf(cause)}`, {
    cause,
    next: "give another folder with --data-dir",
  })
}
