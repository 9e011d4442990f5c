import { resolve } from "node:path"
import { openLocalStore } from "@spore/node/local"
import { z } from "zod"
import { type AgentFiles, writeAgentFiles } from "../agents/write.ts"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { prepareWithLegacy } from "../exchange/legacy-import.ts"
import { storeBundledTasks } from "../folder/bundled-tasks.ts"
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
  const tasks = await bundledTasksOf(dataDir)
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
async function bundledTasksOf(dataDir: string): Promise<string[]> {
  const store = await openLocalStore(dataDir)
  try {
    return await storeBundledTasks(store, dataDir)
  } finally {
    await store.close()
  }
}
