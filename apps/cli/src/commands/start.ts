import type { Context, Invocation } from "../context.ts"
import { printUp, startWith } from "../service/report.ts"
import { runWords } from "../service/run-words.ts"

/** Starts the node in the background, and says where it is once it serves. */
export async function run(context: Context, { options }: Invocation): Promise<void> {
  const words = runWords(options)
  const up = await startWith(context, words)
  if (!up.isNew) {
    const changes = words.length === 0 ? "" : "; to give it other flags: spore restart FLAGS"
    context.output.tell(`a node runs on ${context.dataDir} already${changes}`)
  }
  printUp(context, up)
}
