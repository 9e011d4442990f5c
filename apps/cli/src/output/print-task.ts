import type { TaskRow } from "@spore/dag"
import type { Context } from "../context.ts"
import { viewTaskDetail } from "@spore/api/views"
import { packageFacts } from "../exchange/package-facts.ts"
import { plainLines, safeJson } from "./plain.ts"
import { taskFields } from "./record-fields.ts"
import { printFields, printTable } from "./table.ts"
import { wrap } from "./text-width.ts"
import { STANDING_COLUMNS, standingLines } from "./task-tables.ts"

/** A task in full: its manifest, what its bundle says where it is held, and where each hardware class stands. */
export async function printTask({ dataDir, json, output }: Context, task: TaskRow): Promise<void> {
  const facts = await packageFacts(dataDir, task)
  if (json) {
    output.print(safeJson({ ...viewTaskDetail(task, null), judge: facts?.judge ?? null, lock: facts?.lock ?? null }))
    return
  }
  printFields(output, taskFields(task, facts))
  output.print("")
  for (const line of plainLines(task.description)) {
    for (const part of output.isTerminal ? wrap(line, output.size().columns) : [line]) output.print(part)
  }
  if (task.standings.length === 0) return
  output.print("")
  printTable(output, STANDING_COLUMNS, standingLines([task], null))
}
