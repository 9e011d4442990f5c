import type { Activity } from "@spore/api/client"
import { viewExperiment } from "@spore/api/views"
import { findRunning } from "@spore/node/local"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { type Case, readCase } from "../evidence/case.ts"
import { experimentNamed } from "../evidence/filter.ts"
import { evidenceFields, minEffectOf, rerunWords, stateFields, viewEvidence, viewJudged } from "../evidence/words.ts"
import { type DataFolder, prepareFolder } from "../folder/data-folder.ts"
import { openFacts } from "../folder/facts.ts"
import { shortId } from "../ids.ts"
import { activityLine } from "../output/activity.ts"
import { plain, safeJson } from "../output/plain.ts"
import { createStatusLine } from "../output/status-line.ts"
import { printFields } from "../output/table.ts"
import { rerunHere } from "../rerun/own-node.ts"
import { rerunThere } from "../rerun/running-node.ts"
import { type Ending, watchForEnd } from "../run/ending.ts"
import { readConfig } from "../settings/config-file.ts"
import { jobVariables, pipVariables } from "../settings/job-variables.ts"
import { resolveSettings } from "../settings/settings.ts"

const optionsSchema = z.object({
  peer: z.array(z.string()).default([]),
  solo: z.boolean().default(false),
  resource: z.number().optional(),
  gpu: z.boolean().optional(),
  unsandboxed: z.literal("own").optional(),
})
type Options = z.infer<typeof optionsSchema>

/**
 * Reruns an experiment now, by the node that runs here or by one that lives for it, and shows what came of it. A claim
 * that does not reproduce is a result too: the command fails only where there is none.
 */
export async function run(context: Context, { args, options }: Invocation): Promise<void> {
  const asked = optionsSchema.parse(options)
  if (asked.solo && asked.peer.length > 0) {
    throw cliError("bad_usage", "--solo dials nobody, so it takes no --peer", { next: "leave one of them out" })
  }
  const experiment = await withCase(context, args[0] ?? "", async ({ row }) => row.id)
  const published = await rerun(context, experiment, asked)
  await withCase(context, experiment, async (known) => tell(context, known, published))
}

async function withCase<T>({ dataDir }: Context, text: string, use: (known: Case) => Promise<T>): Promise<T> {
  const store = await openFacts(dataDir)
  try {
    const id = await experimentNamed(store, text)
    const row = await store.experiment(id)
    if (row === undefined) throw cliError("not_found", `nothing is derived of ${id}`, { next: "spore doctor" })
    return await use(await readCase(store, row))
  } finally {
    await store.close()
  }
}

async function rerun(context: Context, experiment: string, asked: Options): Promise<string> {
  const { dataDir, output } = context
  const folder = await prepareFolder(dataDir)
  const line = createStatusLine(context)
  const ending = watchForEnd(output)
  const abort = new AbortController()
  void ending.requested.then(() => abort.abort())
  try {
    const isRunning = (await findRunning(folder.paths.running)) !== null
    line.show(isRunning ? "asking the node that runs here" : "starting a node for this rerun")
    const onActivities = (activities: readonly Activity[]): void => line.show(progressWords(activities, experiment))
    return isRunning
      ? await rerunThere(dataDir, experiment, abort.signal, onActivities)
      : await rerunByOwn(context, folder, experiment, asked, abort.signal, ending, onActivities)
  } catch (error) {
    if (!abort.signal.aborted) throw error
    throw cliError("interrupted", "the rerun was given up", {
      cause: error,
      next: `spore verify ${shortId(experiment)}`,
    })
  } finally {
    line.clear()
    ending.release()
  }
}

async function rerunByOwn(
  context: Context,
  folder: DataFolder,
  experiment: string,
  asked: Options,
  signal: AbortSignal,
  ending: Ending,
  onActivities: (activities: readonly Activity[]) => void,
): Promise<string> {
  const { dataDir, env, version, output } = context
  return rerunHere({
    dataDir,
    folder,
    settings: resolveSettings(asked, env, await readConfig(folder.paths.config)),
    solo: asked.solo,
    unsandboxedOwn: asked.unsandboxed === "own",
    version,
    jobEnv: jobVariables(env),
    pipEnv: pipVariables(env),
    experiment,
    signal,
    onActivities,
    onNotice: ({ message, next }) => output.tell(plain(next === null ? message : `${message} next: ${next}`)),
    beforeHardEnd: (action) => ending.beforeHardEnd(action),
  })
}

function progressWords(activities: readonly Activity[], experiment: string): string {
  const own = activities.find((one) => one.experiment === experiment)
  if (own !== undefined) return activityLine(own)
  // Proposals are made without the device.
  const before = activities.find(({ kind }) => kind !== "proposal")
  return before === undefined ? "getting the code" : `waiting for its turn after ${activityLine(before)}`
}

async function tell({ json, output }: Context, known: Case, published: string): Promise<void> {
  const { row, task } = known
  const judged = known.reruns.find(({ rerun: { id } }) => id === published)
  if (judged === undefined) throw cliError("not_found", `the rerun ${published} is not stored here`)
  if (json) {
    output.print(safeJson({ rerun: viewJudged(judged), experiment: viewExperiment(row), ...viewEvidence(known) }))
    return
  }
  const others = { ...known, reruns: known.reruns.filter((one) => one !== judged) }
  printFields(output, [
    ["experiment", `${row.title} (${shortId(row.id)})${task === undefined ? "" : ` of ${task.name}`}`],
    ["this rerun", rerunWords(judged, minEffectOf(known))],
    ...stateFields(known),
    ...evidenceFields(others),
    ["published", published],
  ])
}
