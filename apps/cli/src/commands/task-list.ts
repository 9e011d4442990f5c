import type { Context } from "../context.ts"
import { openFacts } from "../folder/facts.ts"
import { askRunning } from "../folder/live.ts"
import { viewTask } from "@spore/api/views"
import { safeJson } from "../output/plain.ts"
import { printTable } from "../output/table.ts"
import { STANDING_COLUMNS, standingLines } from "../output/task-tables.ts"
import { followedTaskId } from "../task-choice.ts"

export async function run({ dataDir, json, output }: Context): Promise<void> {
  const store = await openFacts(dataDir)
  try {
    const tasks = await store.tasks()
    const followed = await followedTaskId(store, tasks, await askRunning(dataDir))
    if (json) output.print(safeJson({ items: tasks.map((task) => viewTask(task, followed)), next_cursor: null }))
    else printTable(output, STANDING_COLUMNS, standingLines(tasks, followed))
  } finally {
    await store.close()
  }
}
