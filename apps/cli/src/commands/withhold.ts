import { dataPaths } from "@spore/node/local"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { blockTarget } from "../exchange/block-target.ts"
import { openFacts } from "../folder/facts.ts"
import { tilde } from "../output/format.ts"
import { plain, safeJson } from "../output/plain.ts"

const optionsSchema = z.object({ reason: z.string().default("") })
const MAX_REASON = 512

/** Stops carrying a fact, an author, a task or an artifact. What is stored of it becomes tombstones. */
export async function run({ dataDir, json, output }: Context, { args, options }: Invocation): Promise<void> {
  const { reason } = optionsSchema.parse(options)
  if (reason.length > MAX_REASON) {
    throw cliError("bad_usage", `a reason has at most ${MAX_REASON} characters`, { next: "say it more briefly" })
  }
  const store = await openFacts(dataDir)
  try {
    const { scope, value } = await blockTarget(store, args)
    await store.block(scope, value, reason)
    if (json) output.print(safeJson({ scope, value, reason, blocked: true }))
    else output.print(`withheld ${scope} ${plain(value)}`)
    if (scope !== "artifact") return
    output.tell(`blocks that are held of it already stay on disk, below ${tilde(dataPaths(dataDir).artifacts)}`)
  } finally {
    await store.close()
  }
}
