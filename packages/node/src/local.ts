/**
 * A node's data folder for programs beside it: where things are, its facts, its tasks. Nothing of network, sandbox or
 * research is loaded.
 *
 * @packageDocumentation
 */
import { openStoreReader, type Store, type StoreErrorCode, type StoreReader } from "@spore/dag"
import { isSporeError, SporeError } from "@spore/records"
import { createVerdicts } from "@spore/verify"
import { openStore, PROJECTIONS, withWayBack } from "./open-store.ts"
import { dataPaths } from "./paths.ts"
import { findRunning, type Running } from "./running.ts"

export { blocksById, collectGarbage, type Collected, heldArtifacts } from "./artifact-garbage.ts"
export { artifactsOfObject } from "./artifact-links.ts"
export { type ArtifactPins, artifactPins } from "./artifact-pins.ts"
export { GIB, HOME_ARTIFACT_QUOTA, RELAY_ARTIFACT_QUOTA } from "./artifact-quota.ts"
export { namedArtifacts, type Worth, WORTH } from "./artifact-worth.ts"
export { blockedArtifacts } from "./blocked-artifacts.ts"
export { BOOTSTRAP } from "./bootstrap.ts"
export { askNode } from "./control/client.ts"
export type { ControlErrorCode, ControlRequest } from "./control/protocol.ts"
export { type DataFolderErrorCode, folderUnusable, type NodeFolder, prepareDataFolder } from "./data-folder.ts"
export { factSource } from "./facts.ts"
export { findTask, PINNED_TASK } from "./follow.ts"
export { legacyFacts } from "./legacy-facts.ts"
export {
  type LegacyPublishInit,
  type LegacyResult,
  type LegacyStatus,
  publishLegacyExperiment,
} from "./legacy-publish.ts"
export { limitKey, limitKeys, limitOverrides } from "./limit-overrides.ts"
export { openStore, PROJECTIONS } from "./open-store.ts"
export { type DataPaths, dataPaths } from "./paths.ts"
export { claimFolder, findRunning, type FolderClaim, type Running } from "./running.ts"
export { type PrepareDatabaseInit, prepareDatabase, type Restored, restoredNotice } from "./restore/prepare-database.ts"
export { readTrials } from "./trials/kept.ts"
export { saveMemory, type SaveMemoryInit } from "./save-memory.ts"
export { createUndo, type StopOptions, type Undo } from "./undo.ts"

/**
 * Opens the facts of a data folder under the verdicts that nodes share. A node may run on the folder meanwhile: one of
 * another release is left its layout and its rules.
 *
 * @throws SporeError `database_unusable`, `database_damaged`, `database_full`, `database_newer`, `database_outdated`
 */
export async function openLocalStore(dataDir: string): Promise<Store> {
  const { database, running } = dataPaths(dataDir)
  const node = await findRunning(running)
  if (node === null || node.pid === process.pid) return openStore(database)
  return openStore(database, { upgrade: false }).catch((error: unknown) => {
    if (!isSporeError(error, "database_outdated")) throw error
    throw new SporeError<StoreErrorCode>(error.code, error.message, { cause: error, next: wayOut(node) })
  })
}

function wayOut({ pid, url }: Running): string {
  return url === null
    ? `process ${pid} is at work on it: wait until its node has started, and try again`
    : `the node that runs here (process ${pid}) is of that release: spore restart`
}

/**
 * Opens them to be read alone: nothing is migrated, derived or written.
 *
 * @throws SporeError `database_unusable`, `database_damaged`, `database_newer`, `database_outdated`
 */
export async function openLocalReader(dataDir: string): Promise<StoreReader> {
  return openStoreReader({
    path: dataPaths(dataDir).database,
    projections: PROJECTIONS,
    verdicts: createVerdicts(),
  }).catch((error: unknown) => withWayBack(error, dataPaths(dataDir).database))
}
