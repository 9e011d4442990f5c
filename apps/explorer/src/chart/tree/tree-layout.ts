import type { Metric } from "@spore/api/client"
import { formatCount, formatValue } from "../../lib/format.ts"
import { axisTicks, type Tick } from "../axes.ts"
import type { Facts, Layer } from "../layers.ts"
import type { XAxis } from "../layout.ts"
import type { GraphModel } from "../model.ts"
import { linearScale } from "../scales.ts"
import { type Lane, type Lanes, layLanes } from "./lanes.ts"

export interface TreeOptions {
  readonly width: number
  readonly metric: Metric
  readonly xAxis: XAxis
  /** First experiments of lanes that were opened, by number. */
  readonly opened: readonly number[]
  readonly hidden: ReadonlySet<Layer>
}

/** A lane in pixels. */
export interface Branch {
  readonly lane: Lane
  readonly y: number
  /** Where it leaves the lane it comes from; undefined for a root. */
  readonly from: { readonly x: number; readonly y: number } | undefined
  readonly end: number
  /** Its last value. */
  readonly label: string
  /** What its pruned branches are called. */
  readonly tag: string | undefined
}

export interface TreeLayout {
  readonly options: TreeOptions
  readonly model: GraphModel
  readonly facts: Facts
  readonly lanes: Lanes
  readonly width: number
  readonly height: number
  readonly branches: readonly Branch[]
  readonly xTicks: readonly Tick[]
  readonly left: number
  readonly right: number
  /** Places of what is shown, by index; and which those are. */
  readonly x: Float32Array
  readonly y: Float32Array
  readonly shown: Int32Array
}

const TIPS = 48
const ROW = 18
const TOP = 22
const BOTTOM = 34
const LEFT = 20
/** Room for a value and for what is pruned. */
const RIGHT = 128
const RIGHT_NARROW = 104
/** Width of a character of a label, about. */
const CHARACTER = 6.6

/** The time-scaled tree of kept experiments, as phylogenies are drawn: the line of the best straight along the top. */
export function layoutTree(model: GraphModel, facts: Facts, options: TreeOptions): TreeLayout {
  const { width, metric, xAxis } = options
  const { columns, count } = model
  const opened = options.opened.map((number) => number - 1)
  const lanes = layLanes(model, facts.mark, metric.goal, { tips: TIPS, opened })
  const right = width - (width < 560 ? RIGHT_NARROW : RIGHT)
  const placeOf = (i: number): number => (xAxis === "time" ? (columns.created[i] ?? 0) : i + 1)
  const scale = linearScale(rangeOf(lanes, placeOf), [LEFT, right])
  const xOf = (i: number): number => scale.toPixel(placeOf(i))

  const x = new Float32Array(count)
  const y = new Float32Array(count)
  const shown: number[] = []
  for (const { nodes, row } of lanes.lanes) {
    for (const node of nodes) {
      x[node] = xOf(node)
      y[node] = yOf(row)
      shown.push(node)
    }
  }
  const branches = lanes.lanes.map((lane): Branch => {
    const tip = lane.nodes.at(-1) ?? 0
    const end = xOf(tip)
    const label = formatValue(columns.value[tip], metric)
    const room = width - end - 12 - CHARACTER * label.length
    return {
      lane,
      y: yOf(lane.row),
      from: lane.from < 0 ? undefined : { x: xOf(lane.from), y: yOf(lanes.rowOf[lane.from] ?? 0) },
      end,
      label,
      tag: lane.pruned === 0 ? undefined : tagText(lane.pruned, room),
    }
  })
  return {
    options,
    model,
    facts,
    lanes,
    width,
    height: yOf(Math.max(4, lanes.lanes.length - 1)) + BOTTOM,
    branches,
    xTicks: axisTicks(scale, xAxis, { left: LEFT, right: right + 24, top: 0, bottom: 0 }),
    left: LEFT,
    right,
    x,
    y,
    shown: Int32Array.from(shown),
  }
}

function yOf(row: number): number {
  return TOP + ROW * row
}

/** From the first to the last that is shown. */
function rangeOf({ lanes }: Lanes, placeOf: (index: number) => number): [number, number] {
  let [first, last] = [Infinity, -Infinity]
  for (const { nodes } of lanes) {
    for (const node of nodes) {
      first = Math.min(first, placeOf(node))
      last = Math.max(last, placeOf(node))
    }
  }
  return first < last ? [first, last] : [Number.isFinite(first) ? first : 1, (Number.isFinite(first) ? first : 1) + 10]
}

/** Where the text after a lane's value begins. */
export function tagLeft({ end, label }: Branch): number {
  return end + 10 + CHARACTER * label.length + 6
}

/** The nearest kept ancestor that the tree shows, itself included; -1 of none. */
export function shownAncestor({ lanes }: TreeLayout, index: number): number {
  let at = index
  while (at >= 0 && lanes.rowOf[at] === -1) at = lanes.keptParent[at] ?? -1
  return at
}

/** From a shown experiment up to its root. */
export function treePath({ lanes }: TreeLayout, index: number): number[] {
  const path: number[] = []
  for (let at = index; at >= 0; at = lanes.keptParent[at] ?? -1) path.push(at)
  return path
}

function tagText(pruned: number, room: number): string {
  const full = `+${formatCount(pruned)} kept below`
  return room > full.length * CHARACTER + 16 ? full : `+${formatCount(pruned)}`
}
