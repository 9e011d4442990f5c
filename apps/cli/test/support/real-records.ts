import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { createSporeNode } from "@spore/node"
import { prepareDataFolder } from "@spore/node/local"
import { isKind, type SporeRecord } from "@spore/records"
import { bundledTasks } from "@spore/tasks"
import { until } from "@spore/testkit"

/** A bundled task. */
export async function bundledTask(name: string): Promise<SporeRecord<"task">> {
  const task = (await bundledTasks()).find((one) => one.name === name)
  if (task === undefined) throw new TypeError(`no bundled task ${name}`)
  return task.record
}

/** A real baseline and a candidate that is better. */
export interface RealRecords {
  readonly task: SporeRecord<"task">
  readonly baseline: SporeRecord<"experiment">
  readonly better: SporeRecord<"experiment">
}

/** Runs a bundled task's baseline and then one candidate, in the sandbox, with the key of a data folder. */
export async function research(dataDir: string, taskName: string, candidate: string): Promise<RealRecords> {
  const task = await bundledTask(taskName)
  const { identity } = await prepareDataFolder(dataDir)
  let proposed = false
  const node = await createSporeNode({
    dataDir,
    identity,
    mode: "research",
    task: task.id,
    listen: ["/ip4/127.0.0.1/tcp/0"],
    createProposer: () => ({
      name: "test",
      propose: async ({ candidate: { entry } }) => {
        if (proposed) return null
        proposed = true
        const files = new Map([[entry, new TextEncoder().encode(candidate)]])
        return { files, title: "a better candidate", hypothesis: "", agent: "test" }
      },
    }),
  })
  await node.start()
  try {
    const rows = await until(
      async () => {
        const { items } = await node.store.experiments({ task: task.id, sort: "oldest" }, { limit: 10 })
        return items.length === 2 ? items : undefined
      },
      { timeoutMs: 240_000, what: `two experiments of ${taskName}` },
    )
    const records = await Promise.all(rows.map(({ id }) => node.store.get(id)))
    const [baseline, better] = records.filter((record) => record !== undefined && isKind(record, "experiment"))
    if (baseline === undefined || better === undefined) throw new TypeError("not two experiments")
    return { task, baseline, better }
  } finally {
    await node.stop()
  }
}

/** Constants of circle-packing with which its first candidate is better. */
export const BETTER = { MOVES: "600", FIRST_MOVE: "0.01", LAST_MOVE: "0.00003", LAST_PRESSURE: "3000" }

/** The text of circle-packing's first candidate, with other values for some of its constants. */
export async function packing(constants: Readonly<Record<string, string>>): Promise<string> {
  const { baseline } = (await bundledTasks()).find(({ name }) => name === "circle-packing") ?? {}
  const [file] = baseline?.values() ?? []
  return Object.entries(constants).reduce(
    (text, [name, value]) => text.replace(new RegExp(`^const ${name} = [^ ]+`, "m"), `const ${name} = ${value}`),
    new TextDecoder().decode(file),
  )
}

/** A character model that counts, and so learns in a second what takes char-lm's first candidate ten. */
export async function countingModel(): Promise<string> {
  return readFile(fileURLToPath(new URL("../fixtures/char-lm/train.mjs", import.meta.url)), "utf8")
}
