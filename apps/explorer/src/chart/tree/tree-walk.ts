import type { TreeLayout } from "./tree-layout.ts"

/** Where an arrow key leads from an experiment of the tree: to its parent, its best child, its siblings. */
export function walkTree({ lanes, model, facts }: TreeLayout, index: number, key: string): number | undefined {
  if (!key.startsWith("Arrow")) return undefined
  const { keptParent, bestChild, rowOf } = lanes
  if (index < 0) return facts.steps.at(-1) ?? lanes.lanes[0]?.nodes.at(-1)
  const parent = keptParent[index] ?? -1
  if (key === "ArrowUp") return parent < 0 ? undefined : parent
  if (key === "ArrowDown") return (bestChild[index] ?? -1) < 0 ? undefined : bestChild[index]
  // From left to right as they are numbered, which is how they are drawn.
  const siblings: number[] = []
  for (let i = 0; i < model.count; i++) if (rowOf[i] !== -1 && keptParent[i] === parent) siblings.push(i)
  return siblings[siblings.indexOf(index) + (key === "ArrowLeft" ? -1 : 1)]
}
