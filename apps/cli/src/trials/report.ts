import type { Output } from "../context.ts"
import { shortId } from "../ids.ts"
import { formatDuration, formatPercent, formatValue } from "../output/format.ts"
import { plainLines } from "../output/plain.ts"
import { printFields } from "../output/table.ts"
import type { KnownTrial } from "./running.ts"
import { gainOf, leastOf } from "./words.ts"

/** Lines of output shown of a run that failed. */
const LAST_LINES = 20

/** Shows all of a trial. */
export function reportTrial(output: Output, { trial, task }: KnownTrial): void {
  const { id, outcome, detail, value, parentValue, parent, metrics, seconds, feedback, log, experiment } = trial
  const change = formatPercent(gainOf(trial, task))
  printFields(output, [
    ["trial", `${trial.title} (${id})${task === undefined ? "" : ` of ${task.name}`}`],
    ["outcome", outcome === "ok" ? "ok" : `${outcome}: ${detail}`],
    ...(value === null
      ? []
      : [["value", `${formatValue(value, leastOf(task))}, gain ${change} on its parent`] as const]),
    [
      "parent",
      `${parentValue === null ? "no value on this hardware" : formatValue(parentValue, leastOf(task))} (${shortId(parent)})`,
    ],
    ...Object.entries(metrics).map(([name, number]) => [name, formatValue(number, 0)] as const),
    ["took", formatDuration(seconds)],
    ...(experiment === null ? [] : [["published", experiment] as const]),
  ])
  if (feedback !== "") output.tell(`\nfeedback of the evaluator:\n${plainLines(feedback).join("\n")}`)
  if (outcome !== "ok" && log !== "") {
    output.tell(`\nthe end of its output:\n${plainLines(log.trimEnd()).slice(-LAST_LINES).join("\n")}`)
  }
  if (experiment === null) output.tell(`\nnext: spore publish ${id.slice(0, 8)}`)
}
