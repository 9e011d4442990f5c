import type { Store } from "@spore/dag"
import type { CID } from "@spore/records"
import type { ArtifactStore } from "@spore/records/artifacts"

/**
 * The artifacts as peers may have them: what the operator withholds is neither served nor taken, as if it were not
 * here. Asked anew for each block, since another process may withhold it.
 */
export function carriedArtifacts(store: Store, artifacts: ArtifactStore): ArtifactStore {
  const isWithheld = (cid: CID): Promise<boolean> => store.isBlocked("artifact", cid.toString())
  return {
    ...artifacts,
    has: async (cid) => !(await isWithheld(cid)) && artifacts.has(cid),
    get: async (cid) => ((await isWithheld(cid)) ? undefined : artifacts.get(cid)),
    put: async (cid, block, options) => {
      if (!(await isWithheld(cid))) await artifacts.put(cid, block, options)
    },
  }
}
