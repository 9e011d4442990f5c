import type { Store } from "@spore/dag"

/** Ids of the artifacts that this node does not carry. */
export async function blockedArtifacts(store: Store): Promise<ReadonlySet<string>> {
  return new Set((await store.blocks()).flatMap(({ scope, value }) => (scope === "artifact" ? value : [])))
}
