/**
 * A node's data folder for programs beside it: where things are, its facts, its tasks. Nothing of network, sandbox or
 * research is loaded.
 *
 * @packageDocumentation
 */
import type { Store } from "@spore/dag"
import { openStore } from "./open-store.ts"
import { dataPaths } from "./paths.ts"

export { askNode } from "./control/client.ts"
export type { ControlRequest } from "./control/protocol.ts"
export { factSource } from "./facts.ts"
export { findTask, PINNED_TASK } from "./follow.ts"
export { openStore } from "./open-store.ts"
export { type DataPaths, dataPaths } from "./paths.ts"

/**
 * Opens the facts of a data folder under the verdicts that nodes share. A node may run on the folder meanwhile.
 *
 * @throws SporeError `database_unusable`, `database_damaged`, `database_full`, `database_newer`
 */
export async function openLocalStore(dataDir: string): Promise<Store> {
  return openStore(dataPaths(dataDir).database)
}
