import { PINNED_TASK } from "@spore/node/local"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { openFacts } from "../folder/facts.ts"
import { plain, safeJson } from "../output/plain.ts"
import { chooseTask } from "../task-choice.ts"

const optionsSchema = z.object({ auto: z.boolean().default(false) })

/** Pins a task, or lets the node choose again. A running node turns to it with its next experiment. */
export async function run({ dataDir, json, output }: Context, { args, options }: Invocation): Promise<void> {
  const { auto } = optionsSchema.parse(options)
  const [name] = args
  if (auto === (name !== undefined)) {
    throw cliError("bad_usage", "give either a task or --auto", { next: "spore task use <name or id>" })
  }
  const store = await openFacts(dataDir)
  try {
    const task = name === undefined ? null : chooseTask(await store.tasks(), name)
    await store.setLocal(PINNED_TASK, task?.id ?? null)
    if (json) output.print(safeJson({ pinned: task?.id ?? null }))
    else if (task === null) output.print("pinned no task: the node follows the most active one")
    else output.print(`pinned ${plain(task.name)} ${task.id}`)
  } finally {
    await store.close()
  }
}
