import type { TaskRow } from "@spore/dag"
import type { Context } from "../context.ts"
import { taskJson } from "./json-views.ts"
import { plainLines, safeJson } from "./plain.ts"
import { taskFields } from "./record-fields.ts"
import { printFields, printTable } from "./table.ts"
import { wrap } from "./text-width.ts"
import { STANDING_COLUMNS, standingLines } from "./task-tables.ts"

/** A task in full: its manifest, and where each hardware class stands. */
export function printTask({ json, output }: Context, task: TaskRow): void {
  const { body } = task
  if (json) {
    output.print(
      safeJson({
        ...taskJson(task, null),
        description: body.description,
        replay: {
          mode: body.replay.mode,
          abs_tol: body.replay.absTol,
          rel_tol: body.replay.relTol,
          replicates: body.replay.replicates,
          max_noise: body.replay.maxNoise,
          seeds: body.replay.seeds,
        },
        budget: { type: body.budget.type, value: body.budget.value, kill_seconds: body.budget.killSeconds },
        class_keys: body.classKeys,
        requires: body.requires,
        bundle: body.bundle.toString(),
        baseline_code: body.baseline.toString(),
        supersedes: body.supersedes?.toString() ?? null,
      }),
    )
    return
  }
  printFields(output, taskFields(task))
  output.print("")
  for (const line of plainLines(body.description)) {
    for (const part of output.isTerminal ? wrap(line, output.size().columns) : [line]) output.print(part)
  }
  if (task.standings.length === 0) return
  output.print("")
  printTable(output, STANDING_COLUMNS, standingLines([task], null))
}
