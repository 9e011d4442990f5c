import { basename } from "node:path"
import { z } from "zod"
import { act, ownNodeOptions } from "../acting/act.ts"
import { progressWords } from "../acting/progress.ts"
import type { Context, Invocation } from "../context.ts"
import { plain, safeJson } from "../output/plain.ts"
import { changedFiles, experimentCode, filesNotTaken, storeCandidate } from "../trials/candidate.ts"
import { reportTrial } from "../trials/report.ts"
import { trialNamed, tryAct } from "../trials/running.ts"
import { trialJson } from "../trials/words.ts"

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
  const left = await filesNotTaken(path, parent.taskPackage)
  if (left.length > 0) {
    const { editable } = parent.taskPackage.candidate
    context.output.tell(
      plain(`not taken, only editable files are: ${left.join(", ")} (editable: ${editable.join(", ")})`),
    )
  }
  const words = { title: title ?? `${basename(path)} changed by hand`, hypothesis, agent }
  const id = await act(context, asked, {
    name: "trial",
    ...tryAct({ parent: parent.experiment.id, code, ...words, publish }),
    progress: (activities) => progressWords(activities, (one) => one.title === words.title, "getting what it needs"),
    again: `spore try ${parentText} ${path}`,
  })
  const known = await trialNamed(dataDir, id)
  if (context.json) context.output.print(safeJson(trialJson(known.trial, known.task)))
  else reportTrial(context.output, known)
}
