import { resolve } from "node:path"
import { type DataPaths, openLocalStore } from "@spore/node/local"
import { openEnvelope } from "@spore/records"
import { bundledTasks, importBundled } from "@spore/tasks"
import { createFsArtifactStore } from "@spore/transport"
import { z } from "zod"
import { type AgentFiles, writeAgentFiles } from "../agents/write.ts"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { prepareWithLegacy } from "../exchange/legacy-import.ts"
import { tilde } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { printFields } from "../output/table.ts"
import { readConfig } from "../settings/config-file.ts"

const optionsSchema = z.object({
  /** True: this folder. */
  agents: z.union([z.string().min(1), z.literal(true)]).optional(),
  force: z.boolean().default(false),
})

/** Makes the data folder with everything in it that a first run would make; whatever is there stays. */
export async function run(context: Context, { options }: Invocation): Promise<void> {
  const { agents: agentsFolder, force } = optionsSchema.parse(options)
  if (force && agentsFolder === undefined) {
    throw cliError("bad_usage", "--force only goes with --agents: a node's key is never overwritten", {
      next: "spore init --agents --force",
    })
  }
  const { dataDir, json, output } = context
  const { paths, identity, created } = await prepareWithLegacy(context)
  await readConfig(paths.config)
  const tasks = await storeBundledTasks(dataDir, paths)
  const agents =
    agentsFolder === undefined
      ? null
      : await writeAgentFiles(resolve(agentsFolder === true ? "." : agentsFolder), dataDir, force)
  if (json) {
    output.print(safeJson({ node: identity.nodeId, data_dir: dataDir, created, tasks, agents }))
    return
  }
  printFields(output, [
    ["node", identity.nodeId],
    ["data", tilde(dataDir)],
    ["key", `${created.key ? "made" : "kept"} (${tilde(paths.identity)}: back it up, it is this node's name)`],
    ["config", `${created.config ? "written" : "kept"} (${tilde(paths.config)})`],
    ["tasks", tasks.join(", ")],
    ...(agents === null ? [] : agentFields(agents)),
  ])
  output.tell(agents === null ? "next: spore run" : "next: claude mcp add spore -- spore mcp (others: docs/agents.md)")
}

function agentFields({ written, kept }: AgentFiles): (readonly [string, string])[] {
  return [
    ...written.map((path) => ["written", tilde(path)] as const),
    ...kept.map((path) => ["kept", tilde(path)] as const),
  ]
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
