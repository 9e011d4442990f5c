import { act, ownNodeOptions } from "../acting/act.ts"
import type { Context, Invocation } from "../context.ts"
import { safeJson } from "../output/plain.ts"
import { trialNamed } from "../trials/running.ts"

/** Signs and publishes what `spore try` ran. */
export async function run(context: Context, { args, options }: Invocation): Promise<void> {
  const asked = ownNodeOptions(options)
  const { trial } = await trialNamed(context.dataDir, args[0] ?? "")
  const experiment = await act(context, asked, {
    name: "publication",
    request: { op: "publish_trial", trial: trial.id },
    own: {
      // Nothing is run for it.
      mode: "sync",
      do: async (node) => {
        const published = await node.publishTrial(trial.id)
        return { given: published, published }
      },
    },
    progress: () => "publishing",
    again: `spore publish ${trial.id}`,
  })
  if (context.json) context.output.print(safeJson({ trial: trial.id, experiment }))
  else context.output.print(experiment)
}
