import { type DataPaths, openLocalStore } from "@spore/node/local"
import { openEnvelope } from "@spore/records"
import { bundledTasks, importBundled } from "@spore/tasks"
import { createFsArtifactStore } from "@spore/transport"
import type { Context } from "../context.ts"
import { prepareWithLegacy } from "../exchange/legacy-import.ts"
import { tilde } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { printFields } from "../output/table.ts"
import { readConfig } from "../settings/config-file.ts"

/** Makes the data folder with everything in it that a first run would make; whatever is there stays. */
export async function run(context: Context): Promise<void> {
  const { dataDir, json, output } = context
  const { paths, identity, created } = await prepareWithLegacy(context)
  await readConfig(paths.config)
  const tasks = await storeBundledTasks(dataDir, paths)
  if (json) {
    output.print(safeJson({ node: identity.nodeId, data_dir: dataDir, created, tasks }))
    return
  }
  printFields(output, [
    ["node", identity.nodeId],
    ["data", tilde(dataDir)],
    ["key", `${created.key ? "made" : "kept"} (${tilde(paths.identity)}: back it up, it is this node's name)`],
    ["config", `${created.config ? "written" : "kept"} (${tilde(paths.config)})`],
    ["tasks", tasks.join(", ")],
  ])
  output.tell("next: spore run")
}

/** Names of the tasks that come with this release, now stored with their files. */
async function storeBundledTasks(dataDir: string, paths: DataPaths): Promise<string[]> {
  await importBundled(await createFsArtifactStore(paths.artifacts))
  const records = (await bundledTasks()).map(({ envelope }) => openEnvelope(envelope))
  const store = await openLocalStore(dataDir)
  try {
    await store.ingest(records)
  } finally {
    await store.close()
  }
  return records.flatMap((record) => (record.kind === "task" ? [record.body.name] : []))
}
