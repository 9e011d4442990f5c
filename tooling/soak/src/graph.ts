import type { Random } from "@spore/records"
import { pick, randomBelow } from "@spore/testkit"
import type { Edge } from "./fabric.ts"

/** A connected random graph: a tree of all nodes, and about half as many lines besides. */
export function randomGraph(random: Random, size: number): Edge[] {
  const edges: Edge[] = []
  for (let node = 1; node < size; node++) edges.push([node, randomBelow(random, node)])
  const others: Edge[] = []
  for (let to = 0; to < size; to++) {
    for (let from = to + 1; from < size; from++) {
      if (!edges.some(([a, b]) => a === from && b === to)) others.push([from, to])
    }
  }
  for (let extra = Math.floor(size / 2); extra > 0 && others.length > 0; extra--) {
    const edge = pick(random, others)
    others.splice(others.indexOf(edge), 1)
    edges.push(edge)
  }
  return edges
}
