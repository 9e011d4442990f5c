import { existsSync } from "node:fs"
import type { Store } from "@spore/dag"
import { dataPaths, openLocalStore } from "@spore/node/local"
import { cliError } from "../errors.ts"

/**
 * Opens the facts of a data folder, beside a running node or without one.
 *
 * @throws SporeError `not_initialised`, `database_unusable`, `database_newer`, `database_outdated` where a node of another release runs
 */
export async function openFacts(dataDir: string): Promise<Store> {
  if (!existsSync(dataPaths(dataDir).database)) {
    throw cliError("not_initialised", `there is no node in ${dataDir}`, { next: "spore init, or spore run" })
  }
  return openLocalStore(dataDir)
}
