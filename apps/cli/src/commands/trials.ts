import type { Context, Invocation } from "../context.ts"
import { shortId } from "../ids.ts"
import { formatPercent, formatTime, formatValue } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { type Column, printTable } from "../output/table.ts"
import { type KnownTrial, knownTrials, trialNamed } from "../trials/running.ts"
import { reportTrial } from "../trials/report.ts"
import { gainOf, leastOf, trialJson } from "../trials/words.ts"

/** Lists what `spore try` ran, newest first; of one trial it shows all. */
export async function run({ dataDir, json, output }: Context, { args: [text] }: Invocation): Promise<void> {
  const trials = text === undefined ? await knownTrials(dataDir) : [await trialNamed(dataDir, text)]
  const [first] = trials
  if (json) output.print(safeJson({ items: trials.map(({ trial, task }) => trialJson(trial, task)) }))
  else if (first === undefined) output.tell("nothing was tried by hand yet; next: spore try")
  else if (text !== undefined) reportTrial(output, first)
  else printTable(output, COLUMNS, trials)
}

const COLUMNS: readonly Column<KnownTrial>[] = [
  { key: "trial", value: ({ trial }) => trial.id, show: ({ trial }) => trial.id.slice(0, 8) },
  {
    key: "value",
    value: ({ trial }) => trial.value,
    show: ({ trial, task }) => formatValue(trial.value, leastOf(task)),
    align: "right",
  },
  {
    key: "gain",
    value: ({ trial, task }) => gainOf(trial, task),
    show: ({ trial, task }) => formatPercent(gainOf(trial, task)),
    align: "right",
  },
  { key: "outcome", value: ({ trial }) => trial.outcome },
  { key: "title", value: ({ trial }) => trial.title, flexible: true },
  { key: "parent", value: ({ trial }) => trial.parent, show: ({ trial }) => shortId(trial.parent) },
  {
    key: "experiment",
    value: ({ trial }) => trial.experiment,
    show: ({ trial }) => (trial.experiment === null ? "–" : shortId(trial.experiment)),
  },
  { key: "created", value: ({ trial }) => trial.created, show: ({ trial }) => formatTime(trial.created), from: 110 },
]
