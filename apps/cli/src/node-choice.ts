import type { Store } from "@spore/dag"
import { dataPaths } from "@spore/node/local"
import { isSporeError, parseNodeId } from "@spore/records"
import { loadIdentity } from "@spore/records/keyfile"
import { cliError } from "./errors.ts"
import { askRunning } from "./folder/live.ts"
import { matchNode, wholePrefix } from "./ids.ts"

/**
 * The node id of a data folder's key.
 *
 * @throws SporeError `not_initialised`, `key_too_open`, `key_malformed`
 */
export async function ownNodeId(dataDir: string): Promise<string> {
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

/**
 * The node that `text` stands for: this one, authors and peers may be named by the beginning of their ids, others by
 * the whole.
 *
 * @throws SporeError `not_found`, `ambiguous_id`
 */
export async function nodeNamed(dataDir: string, store: Store, text: string, own: string): Promise<string> {
  const [authors, live] = await Promise.all([store.authorIds(wholePrefix(text), 2), askRunning(dataDir)])
  const peers = live?.status?.peers ?? []
  const found = matchNode([own, ...authors, ...peers.map(({ node }) => node)], text)
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
