import { AmbiguousIdError, MAX_CANDIDATES, type StoreReader } from "@spore/dag"
import type { NodeEvent, NodeMode, NodeStatus } from "@spore/node"
import type { Kind, Logger } from "@spore/records"
import type { ArtifactReader } from "@spore/records/artifacts"
import { apiError } from "./errors.ts"
import type { UpdateStatus } from "./dto/index.ts"
import type { GraphCache } from "./graph.ts"

/** What is served: a node, a relay, or a data folder that is only shown. None of it is changed. */
export interface ApiNode {
  readonly store: StoreReader
  readonly artifacts: ArtifactReader
  status(): Promise<ServedStatus>
  /** The last lines of a worker's running job, oldest first. */
  activityLog(worker?: number): readonly string[]
  onEvent(listener: (event: NodeEvent) => void): () => void
}

/** A node's status; that of an explorer has no node id where the data folder has no key that it may read. */
export interface ServedStatus extends Omit<NodeStatus, "nodeId" | "mode" | "dataDir"> {
  readonly nodeId: string | null
  readonly mode: NodeMode | "explorer"
}

/** What the routes work with. */
export interface ApiContext {
  readonly node: ApiNode
  readonly graphs: GraphCache
  readonly version: string
  readonly log: Logger
  /** How what serves keeps itself up to date; null where it does not. */
  update(): Promise<UpdateStatus | null>
}

/** The full id of `given`, which may be a unique prefix. */
export function resolveId({ node }: ApiContext, given: string, kind: Kind): Promise<string> {
  return node.store.resolve(given, kind)
}

/** The one node id that begins with `given`, among authors of any fact, peers and this node. */
export async function resolveNode({ node }: ApiContext, given: string): Promise<string> {
  const [authors, status] = await Promise.all([node.store.authorIds(given, MAX_CANDIDATES), node.status()])
  const others = [status.nodeId, ...status.peers.map(({ nodeId }) => nodeId)].filter((id) => id?.startsWith(given))
  const known = [...new Set([...authors, ...others.filter((id) => id !== null)])].toSorted()
  const [first, second] = known
  if (first === undefined) throw apiError("not_found", `no node ${given}`)
  if (second !== undefined && !known.includes(given)) throw new AmbiguousIdError(given, known)
  return second === undefined ? first : given
}
