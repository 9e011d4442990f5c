import { stat } from "node:fs/promises"
import { dataPaths } from "@spore/node/local"
import type { Context } from "../context.ts"
import { openFacts } from "../folder/facts.ts"
import { formatBytes, tilde } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { printFields } from "../output/table.ts"

/** How much the database holds. */
export async function run({ dataDir, json, output }: Context): Promise<void> {
  const path = dataPaths(dataDir).database
  const store = await openFacts(dataDir)
  try {
    const facts = await store.lastSeq()
    const tasks = await store.tasks()
    const experiments = tasks.reduce((sum, task) => sum + task.experiments, 0)
    const blocks = (await store.blocks()).length
    const bytes = (await sizeOf(path)) + (await sizeOf(`${path}-wal`))
    const perFact = facts === 0 ? null : Math.round(bytes / facts)
    if (json) {
      const counts = { facts, tasks: tasks.length, experiments, blocks }
      output.print(safeJson({ path, ...counts, bytes, bytes_per_fact: perFact }))
      return
    }
    printFields(output, [
      ["database", tilde(path)],
      ["facts", String(facts)],
      ["tasks", String(tasks.length)],
      ["experiments", String(experiments)],
      ["blocked", String(blocks)],
      ["size", `${formatBytes(bytes)}${perFact === null ? "" : `, ${formatBytes(perFact)} a fact`}`],
    ])
  } finally {
    await store.close()
  }
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => null)
  return found?.size ?? 0
}
