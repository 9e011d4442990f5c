import { isBetter } from "@spore/api/client"
import type { ChartLayout } from "./layout.ts"

/** Where an arrow key leads from an experiment, by index: to its neighbours in number, its parent, its best child. */
export function walk({ model, facts, options }: ChartLayout, index: number, key: string): number | undefined {
  if (!key.startsWith("Arrow")) return undefined
  if (index < 0) return facts.steps.at(-1) ?? (model.count > 0 ? model.count - 1 : undefined)
  if (key === "ArrowLeft") return index > 0 ? index - 1 : undefined
  if (key === "ArrowRight") return index + 1 < model.count ? index + 1 : undefined
  if (key === "ArrowUp") return (model.parent[index] ?? -1) < 0 ? undefined : model.parent[index]
  let best: number | undefined
  for (let child = 0; child < model.count; child++) {
    const value = model.columns.value[child] ?? NaN
    if (model.parent[child] !== index || Number.isNaN(value)) continue
    if (best === undefined || isBetter(value, model.columns.value[best] ?? 0, options.metric.goal)) best = child
  }
  return best
}
