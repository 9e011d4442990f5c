import { dirname, join } from "node:path"
import { createStore, findBackup, sporeProjection, type Store, type StoreErrorCode, type StoreInit } from "@spore/dag"
import { legacyProjection } from "@spore/legacy"
import { isSporeError, type Projection, SporeError } from "@spore/records"
import { createVerdicts } from "@spore/verify"

/** The networks whose objects a node stores. */
export const PROJECTIONS: readonly Projection[] = [sporeProjection, legacyProjection()]

/**
 * Opens a database of facts as every program on a data folder must: with the same rules and the same verdicts. Before
 * it is brought to another layout, a copy is kept in `backups/` beside it.
 *
 * @param path the database file; `:memory:` keeps everything in memory
 * @throws SporeError `database_unusable`, `database_damaged`, `database_full`, `database_newer`, `database_outdated`
 */
export async function openStore(
  path: string,
  options: Pick<StoreInit, "clock" | "projections" | "upgrade"> = {},
): Promise<Store> {
  const init = { path, projections: PROJECTIONS, verdicts: createVerdicts(), ...options }
  if (path === ":memory:") return createStore(init)
  return createStore({ ...init, backups: backupsBeside(path) }).catch((error: unknown) => withWayBack(error, path))
}

/** Where copies of a database lie. */
export function backupsBeside(path: string): string {
  return join(dirname(path), "backups")
}

/** A newer database is opened by a node that starts, where a copy of before is there. */
export async function withWayBack(error: unknown, path: string): Promise<never> {
  if (!isSporeError(error, "database_newer") || (await findBackup(backupsBeside(path))) === null) throw error
  throw new SporeError<StoreErrorCode>("database_newer", error.message, {
    cause: error,
    next: "update spore; or start the node (spore run): it goes back to its copy of before, and takes in what came since",
  })
}
