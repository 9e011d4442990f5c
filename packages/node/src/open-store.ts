import { createStore, sporeProjection, type Store, type StoreOptions } from "@spore/dag"
import { legacyProjection } from "@spore/legacy"
import type { Projection } from "@spore/records"
import { createVerdicts } from "@spore/verify"

/** The networks whose objects a node stores. */
export const PROJECTIONS: readonly Projection[] = [sporeProjection, legacyProjection()]

/**
 * Opens a database of facts as every program on a data folder must: with the same rules and the same verdicts.
 *
 * @param path the database file; `:memory:` keeps everything in memory
 * @throws SporeError `database_unusable`, `database_damaged`, `database_full`, `database_newer`
 */
export async function openStore(
  path: string,
  options: Pick<StoreOptions, "clock" | "projections"> = {},
): Promise<Store> {
  return createStore({ path, projections: PROJECTIONS, verdicts: createVerdicts(), ...options })
}
