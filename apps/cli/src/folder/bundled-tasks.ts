import type { Store } from "@spore/dag"
import { dataPaths } from "@spore/node/local"
import { openEnvelope } from "@spore/records"
import { bundledTasks, importBundled } from "@spore/tasks"
import { createFsArtifactStore } from "@spore/transport"

/** Stores the tasks that come with this release, with their files; gives their names. */
export async function storeBundledTasks(store: Store, dataDir: string): Promise<string[]> {
  await importBundled(await createFsArtifactStore(dataPaths(dataDir).artifacts))
  const records = (await bundledTasks()).map(({ envelope }) => openEnvelope(envelope))
  await store.ingest(records)
  return records.flatMap((record) => (record.kind === "task" ? [record.body.name] : []))
}
