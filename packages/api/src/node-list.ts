import type { PageRequest } from "@spore/dag"
import type { ApiNode } from "./context.ts"
import type { NodeSummary, Page } from "./dto/index.ts"
import { viewNode } from "./views.ts"

/** Who ran something, of one task or of all, by number of experiments and reruns. */
export async function listNodes(
  { store, status }: ApiNode,
  task: string | undefined,
  page: PageRequest,
): Promise<Page<NodeSummary>> {
  const [{ items, nextCursor }, now] = await Promise.all([store.authors(task, page), status()])
  return { items: items.map((row) => viewNode(row, now)), next_cursor: nextCursor }
}
