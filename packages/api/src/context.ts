import type { Kind, Logger } from "@spore/records"
import type { SporeNode } from "@spore/node"
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
