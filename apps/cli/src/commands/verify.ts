import { viewExperiment } from "@spore/api/views"
import { act, ownNodeOptions } from "../acting/act.ts"
import { progressWords } from "../acting/progress.ts"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { type Case, readCase } from "../evidence/case.ts"
import { experimentNamed } from "../evidence/filter.ts"
import { evidenceFields, minEffectOf, rerunWords, stateFields, viewEvidence, viewJudged } from "../evidence/words.ts"
import { openFacts } from "../folder/facts.ts"
import { shortId } from "../ids.ts"
import { safeJson } from "../output/plain.ts"
import { printFields } from "../output/table.ts"

/**
 * Reruns an experiment now, by the node that runs here or by one that lives for it, and shows what came of it. A claim
 * that does not reproduce is a result too: the command fails only where there is none.
 */
export async function run(context: Context, { args, options }: Invocation): Promise<void> {
  const asked = ownNodeOptions(options)
  const experiment = await withCase(context, args[0] ?? "", async ({ row }) => row.id)
  const published = await act(context, asked, {
    name: "rerun",
    request: { op: "verify", experiment },
    own: {
      mode: "verify",
      do: async (node, signal) => {
        const record = await node.verify(experiment, signal)
        return { given: record, published: record }
      },
    },
    progress: (activities) => progressWords(activities, (one) => one.experiment === experiment, "getting the code"),
    again: `spore verify ${shortId(experiment)}`,
  })
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
