import { viewProfile } from "@spore/api/views"
import type { Store } from "@spore/dag"
import { dataPaths } from "@spore/node/local"
import { isSporeError, parseNodeId } from "@spore/records"
import { loadIdentity } from "@spore/records/keyfile"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { openFacts } from "../folder/facts.ts"
import { askRunning } from "../folder/live.ts"
import { matchNode } from "../ids.ts"
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

async function ownNodeId(dataDir: string): Promise<string> {
  try {
    return (await loadIdentity(dataPaths(dataDir).identity)).nodeId
  } catch (error) {
    if (!isSporeError(error, "key_unreadable")) throw error
    throw cliError("not_initialised", `there is no key in ${dataDir}`, {
      cause: error,
      next: "spore init, or spore run",
    })
  }
}

/** Authors and peers may be named by the beginning of their ids, others by the whole. */
async function nodeNamed(dataDir: string, store: Store, text: string, own: string): Promise<string> {
  const [authors, live] = await Promise.all([store.authors(), askRunning(dataDir)])
  const peers = live?.status?.peers ?? []
  const found = matchNode([own, ...authors.map(({ nodeId }) => nodeId), ...peers.map(({ node }) => node)], text)
  if (found !== undefined) return found
  try {
    parseNodeId(text)
    return text
  } catch (error) {
    throw cliError("not_found", `no node is known here as ${JSON.stringify(text.slice(0, 80))}`, {
      cause: error,
      next: "give its whole node id, or one of: spore peers",
    })
  }
}
