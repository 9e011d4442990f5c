import { join } from "node:path"
import {
  createLegacyWire,
  HOME_LEGACY,
  type LegacyAddress,
  type LegacyObject,
  listenLegacy,
  runSession,
} from "@spore/legacy"
import { legacyFacts, openLocalStore } from "@spore/node/local"
import { silentLogger, systemClock } from "@spore/records"
import { createFsArtifactStore } from "@spore/transport"
import { temporaryFolder } from "@spore/testkit"

/** A node that speaks 0.6, with facts of its own. */
export interface OldNode extends AsyncDisposable {
  readonly address: LegacyAddress
  ids(): Promise<string[]>
}

export async function oldNode(...objects: readonly LegacyObject[]): Promise<OldNode> {
  const folder = await temporaryFolder()
  const store = await openLocalStore(folder.path)
  await store.ingest(objects)
  const facts = legacyFacts(store, await createFsArtifactStore(join(folder.path, "artifacts")))
  const wire = createLegacyWire({ facts, limits: HOME_LEGACY, clock: systemClock, log: silentLogger })
  const sessions = new Set<Promise<void>>()
  const server = await listenLegacy({
    wire,
    address: { host: "127.0.0.1", port: 0 },
    onPeer: (peer) => sessions.add(runSession({ wire, peer, name: null })),
  })
  return {
    address: server.address,
    ids: async () => (await store.logEntries("legacy")).map(({ id }) => id).toSorted(),
    [Symbol.asyncDispose]: async () => {
      await server.close()
      await Promise.all(sessions)
      await store.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}
