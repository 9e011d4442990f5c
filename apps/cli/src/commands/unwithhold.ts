import type { Block, Store } from "@spore/dag"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { blockTarget } from "../exchange/block-target.ts"
import { openFacts } from "../folder/facts.ts"
import { plain, safeJson } from "../output/plain.ts"

/** Carries again what was withheld. Payloads that were deleted come back from peers, or by an import. */
export async function run({ dataDir, json, output }: Context, { args }: Invocation): Promise<void> {
  const store = await openFacts(dataDir)
  try {
    const { scope, value } = (await blockNamed(store, args)) ?? (await blockTarget(store, args))
    if (!(await store.unblock(scope, value))) {
      throw cliError("not_found", `${scope} ${value} is not withheld`, { next: "spore withhold list" })
    }
    if (json) output.print(safeJson({ scope, value, blocked: false }))
    else {
      output.print(`carried again: ${scope} ${plain(value)}`)
      output.tell("what was deleted comes back from peers, or by: spore import FILE")
    }
  } finally {
    await store.close()
  }
}

/** The one block whose value begins so: what is withheld may have no other name left. */
async function blockNamed(store: Store, [what, text = ""]: readonly string[]): Promise<Block | undefined> {
  const blocks = (await store.blocks()).filter(({ scope, value }) => scope === what && value.startsWith(text))
  return blocks.length === 1 ? blocks[0] : undefined
}
