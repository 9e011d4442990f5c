import type { Context } from "../context.ts"
import { createProgress } from "../exchange/progress.ts"
import { openFacts } from "../folder/facts.ts"
import { count } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"

/** Derives everything derived anew from the facts, also while a node runs on the folder. */
export async function run(context: Context): Promise<void> {
  const { dataDir, json, output } = context
  const progress = createProgress(context, "rebuilding")
  const store = await openFacts(dataDir)
  try {
    let facts = 0
    await store.rebuild((done, total) => {
      facts = total
      progress.show(done, total)
    })
    progress.clear()
    const digest = await store.digest()
    if (json) output.print(safeJson({ facts, digest }))
    else output.print(`derived anew from ${count(facts, "fact")}; digest ${digest}`)
  } finally {
    progress.clear()
    await store.close()
  }
}
