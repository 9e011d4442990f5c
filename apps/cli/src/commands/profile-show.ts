import { viewProfile } from "@spore/api/views"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { openFacts } from "../folder/facts.ts"
import { nodeNamed, ownNodeId } from "../node-choice.ts"
import { safeJson } from "../output/plain.ts"
import { printProfile } from "../output/print-profile.ts"

/** Shows what the holder of a key says of themselves, as others see it. */
export async function run({ dataDir, json, output }: Context, { args }: Invocation): Promise<void> {
  const store = await openFacts(dataDir)
  try {
    const own = await ownNodeId(dataDir)
    const nodeId = args[0] === undefined ? own : await nodeNamed(dataDir, store, args[0], own)
    const profile = await store.profile(nodeId)
    if (profile === undefined) {
      throw cliError("not_found", `no profile of ${nodeId} is known here: its node id is all that others see`, {
        next: nodeId === own ? "spore profile set --display-name NAME" : "spore peers",
      })
    }
    if (json) output.print(safeJson(viewProfile(profile)))
    else printProfile(output, profile)
  } finally {
    await store.close()
  }
}
