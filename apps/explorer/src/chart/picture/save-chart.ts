import { formatCount, formatDate } from "../../lib/format.ts"
import { className } from "../../lib/words.ts"
import { drawChart } from "../draw.ts"
import { LAYERS, TREE_LAYERS } from "../layers.ts"
import type { ChartLayout, XAxis } from "../layout.ts"
import type { Palette } from "../palette.ts"
import { drawTree } from "../tree/draw-tree.ts"
import type { TreeLayout } from "../tree/tree-layout.ts"
import { legendOf } from "./picture.ts"
import { type PictureFormat, savePicture } from "./save-picture.ts"

interface What {
  readonly task: string
  readonly format: PictureFormat
}

/** Saves the plot as it is seen. */
export function saveChart(layout: ChartLayout, palette: Palette, { task, format }: What): Promise<void> {
  const { options, model, facts, range } = layout
  const { metric, xAxis, yAxis, width, height, hidden } = options
  const axis = yAxis === "gap" ? `${metric.name}, distance to the best` : withUnit(metric.name, metric.unit)
  const part = options.range === undefined ? `${formatCount(model.count)} experiments` : stretch(xAxis, range)
  return savePicture(
    {
      width,
      height,
      palette,
      title: `${task}: ${axis}`,
      subtitle: `${className(model.class)} · ${part}, ${xAxis === "time" ? "by time" : "by number"} · ${today()}`,
      legend: legendOf(
        LAYERS.filter((layer) => hidden?.has(layer) !== true && facts.counts[layer] > 0),
        facts.counts,
      ),
      draw: (surface) => drawChart(surface, layout, palette),
    },
    format,
    [task, model.class, yAxis === "gap" ? "gap" : "plot"],
  )
}

/** Saves the tree as it is seen. */
export function saveTree(layout: TreeLayout, palette: Palette, { task, format }: What): Promise<void> {
  const { options, model, facts, width, height } = layout
  const { metric, xAxis, hidden } = options
  return savePicture(
    {
      width,
      height,
      palette,
      title: `${task}: who builds on whom, by ${withUnit(metric.name, metric.unit)}`,
      subtitle: `${className(model.class)} · ${formatCount(facts.counts.kept)} kept of ${formatCount(model.count)} experiments, ${xAxis === "time" ? "by time" : "by number"} · ${today()}`,
      legend: legendOf(
        TREE_LAYERS.filter((layer) => !hidden.has(layer) && facts.counts[layer] > 0),
        facts.counts,
      ),
      draw: (surface) => drawTree(surface, layout, palette, true),
    },
    format,
    [task, model.class, "tree"],
  )
}

function withUnit(name: string, unit: string): string {
  return unit === "" ? name : `${name} (${unit})`
}

function stretch(xAxis: XAxis, [from, to]: readonly [number, number]): string {
  return xAxis === "time"
    ? `${formatDate(from)} to ${formatDate(to)}`
    : `experiments ${formatCount(Math.ceil(from))} to ${formatCount(Math.floor(to))}`
}

function today(): string {
  return formatDate(Date.now() / 1000)
}
