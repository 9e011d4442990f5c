import type { StoreErrorCode } from "@spore/dag"
import type { SporeNode } from "@spore/node"
import { type Kind, type Logger, SporeError } from "@spore/records"
import { apiError } from "./errors.ts"
import type { GraphCache } from "./graph.ts"

/** What the routes work with. */
export interface ApiContext {
  readonly node: SporeNode
  readonly graphs: GraphCache
  readonly version: string
  readonly log: Logger
}

/** The full id of `given`, which may be a unique prefix. */
export function resolveId({ node }: ApiContext, given: string, kind: Kind): Promise<string> {
  return node.store.resolve(given, kind)
}

/** The one node id that begins with `given`, among authors, peers and this node; of who only has a profile, the whole id. */
export async function resolveNode({ node }: ApiContext, given: string): Promise<string> {
  const [authors, status] = await Promise.all([node.store.authors(), node.status()])
  const known = new Set([
    status.nodeId,
    ...status.peers.map((peer) => peer.nodeId),
    ...authors.map((row) => row.nodeId),
  ])
  if (known.has(given) || (await node.store.profile(given)) !== undefined) return given
  const [first, second] = [...known].filter((id) => id.startsWith(given))
  if (first === undefined) throw apiError("not_found", `no node ${given}`)
  if (second !== undefined) {
    throw new SporeError<StoreErrorCode>("ambiguous_id", `several nodes begin with ${given}`, {
      next: "give more characters of the id",
    })
  }
  return first
}
