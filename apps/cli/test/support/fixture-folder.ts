import { buildFixture, buildVerified, type FakeNode, type FixtureInit } from "@spore/fixture"
import { dataPaths, openLocalStore } from "@spore/node/local"
import { createFsArtifactStore } from "@spore/transport"

/** A data folder with a search on it, and one of every verdict where asked for; gives the node that it was copied from. */
export async function fixtureFolder(
  dataDir: string,
  init: FixtureInit & { readonly verdicts?: boolean },
): Promise<FakeNode> {
  const { node } = await buildFixture(init)
  if (init.verdicts === true) await buildVerified(node)
  await storeIn(dataDir, node)
  return node
}

/** Writes all that a node of a test holds to a data folder, in the order in which it stored it. */
export async function storeIn(dataDir: string, node: FakeNode): Promise<void> {
  const store = await openLocalStore(dataDir)
  try {
    for (let after = 0; ;) {
      const changes = await node.store.changes(after, 500)
      if (changes.length === 0) break
      const records = await Promise.all(changes.map(({ id }) => node.store.get(id)))
      await store.ingest(records.filter((record) => record !== undefined))
      after = changes.at(-1)?.seq ?? after
    }
  } finally {
    await store.close()
  }
  const artifacts = await createFsArtifactStore(dataPaths(dataDir).artifacts)
  for await (const { cid } of node.artifacts.blocks()) {
    const block = await node.artifacts.get(cid)
    if (block !== undefined) await artifacts.put(cid, block, { durable: false })
  }
}
