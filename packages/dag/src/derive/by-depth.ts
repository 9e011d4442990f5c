import type { GraphNode } from "./node.ts"

/** A work list that gives the nodes nearest to the root first, each once for as long as it waits. */
export class ByDepth {
  readonly #levels = new Map<number, Set<GraphNode>>()
  #lowest = Number.POSITIVE_INFINITY

  constructor(nodes: Iterable<GraphNode>) {
    for (const node of nodes) this.add(node)
  }

  add(node: GraphNode): void {
    const level = this.#levels.get(node.depth)
    if (level === undefined) this.#levels.set(node.depth, new Set([node]))
    else level.add(node)
    if (node.depth < this.#lowest) this.#lowest = node.depth
  }

  take(): GraphNode | undefined {
    const level = this.#levels.get(this.#lowest)
    const [node] = level ?? []
    if (level === undefined || node === undefined) return undefined
    level.delete(node)
    if (level.size === 0) {
      this.#levels.delete(this.#lowest)
      this.#lowest = Math.min(...this.#levels.keys())
    }
    return node
  }
}
