import { basename } from "node:path"
import { z } from "zod"
import { act, ownNodeOptions } from "../acting/act.ts"
import { progressWords } from "../acting/progress.ts"
import type { Context, Invocation } from "../context.ts"
import { shortId } from "../ids.ts"
import { formatDuration, formatPercent, formatValue } from "../output/format.ts"
import { plainLines, safeJson } from "../output/plain.ts"
import { printFields } from "../output/table.ts"
import { changedFiles, experimentCode, storeCandidate } from "../trials/candidate.ts"
import { type KnownTrial, trialNamed, tryAct } from "../trials/running.ts"
import { gainOf, leastOf, trialJson } from "../trials/words.ts"

/** Lines of output shown of a run that failed. */
const LAST_LINES = 20

const optionsSchema = z.object({
  title: z.string().min(1).optional(),
  hypothesis: z.string().default(""),
  agent: z.string().min(1).default("hand"),
  publish: z.boolean().default(false),
})

/**
 * Runs a candidate of one's own now and shows it against what it changes. Its result is kept here; others see it when it
 * is published. A candidate that fails is a result too: the command fails only where there is none.
 */
export async function run(context: Context, { args, options }: Invocation): Promise<void> {
  const [parentText = "", path = ""] = args
  const asked = ownNodeOptions(options)
  const { title, hypothesis, agent, publish } = optionsSchema.parse(options)
  const { dataDir } = context
  const parent = await experimentCode(dataDir, parentText)
  const code = await storeCandidate(dataDir, parent, await changedFiles(path, parent.taskPackage))
  const words = { title: title ?? `${basename(path)} changed by hand`, hypothesis, agent }
  const id = await act(context, asked, {
    name: "trial",
    ...tryAct({ parent: parent.experiment.id, code, ...words, publish }),
    progress: (activities) => progressWords(activities, (one) => one.title === words.title, "getting what it needs"),
    again: `spore try ${parentText} ${path}`,
  })
  tell(context, await trialNamed(dataDir, id))
}

function tell({ json, output }: Context, { trial, task }: KnownTrial): void {
  if (json) {
    output.print(safeJson(trialJson(trial, task)))
    return
  }
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
