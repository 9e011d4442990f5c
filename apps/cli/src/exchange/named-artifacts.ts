import type { Store } from "@spore/dag"
import { dataPaths, namedArtifacts } from "@spore/node/local"
import type { CID } from "@spore/records"
import { loadOrCreateIdentity } from "@spore/records/keyfile"
import { bundledTasks } from "@spore/tasks"

/** The artifacts that a data folder's facts and pins name, each at its worth, as the node there would have them. */
export async function artifactsNamed(
  dataDir: string,
  store: Store,
  pinned: readonly CID[],
): ReturnType<typeof namedArtifacts> {
  const { nodeId } = await loadOrCreateIdentity(dataPaths(dataDir).identity)
  const bundled = new Set((await bundledTasks()).map(({ record }) => record.id))
  return namedArtifacts({ store, nodeId, bundledTasks: bundled, always: pinned })
}
