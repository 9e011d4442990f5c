import type { Context, Invocation } from "../context.ts"
import { openFacts } from "../folder/facts.ts"
import { printTask } from "../output/print-task.ts"
import { chooseTask } from "../task-choice.ts"

export async function run(context: Context, { args }: Invocation): Promise<void> {
  const store = await openFacts(context.dataDir)
  try {
    await printTask(context, chooseTask(await store.tasks(), args[0] ?? ""))
  } finally {
    await store.close()
  }
}
