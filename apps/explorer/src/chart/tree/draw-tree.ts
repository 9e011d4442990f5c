import { formatCount } from "../../lib/format.ts"
import { MARK } from "../layers.ts"
import { disputedMark, frontierMark, keptMark } from "../marks.ts"
import type { Palette } from "../palette.ts"
import { circle, crisp, line, type Pen, type Surface } from "../surface.ts"
import { type Branch, tagLeft, type TreeLayout } from "./tree-layout.ts"

const FONT = 11
const SMALL = 10
/** Marks closer than this on a lane would hide it. */
const NEAR = 6

/** Draws the tree; `withTags` writes out what is pruned, where no buttons do. */
export function drawTree({ pen }: Surface, layout: TreeLayout, palette: Palette, withTags = false): void {
  pen.lineJoin = "round"
  pen.lineCap = "round"
  drawAxis(pen, layout, palette)
  // From the last lane to the first, so that the best's lies above all.
  for (const branch of layout.branches.toReversed()) drawBranch(pen, layout, branch, palette)
  for (const branch of layout.branches) {
    drawNodes(pen, layout, branch, palette)
    if (!layout.options.hidden.has("discarded")) drawTried(pen, layout, branch, palette)
    drawLabel(pen, branch, palette, withTags)
  }
}

/** Draws the way from what is pointed at to its root. */
export function drawTreePath(pen: Pen, { x, y }: TreeLayout, palette: Palette, path: readonly number[]): void {
  const [index] = path
  if (index === undefined) return
  pen.strokeStyle = palette.text
  pen.lineWidth = 2
  pen.beginPath()
  pen.moveTo(x[index] ?? 0, y[index] ?? 0)
  for (const [i, at] of path.entries()) {
    const up = path[i + 1]
    if (up === undefined) continue
    pen.lineTo(x[up] ?? 0, y[at] ?? 0)
    pen.lineTo(x[up] ?? 0, y[up] ?? 0)
  }
  pen.stroke()
  circle(pen, x[index] ?? 0, y[index] ?? 0, 7)
  pen.stroke()
}

function drawAxis(pen: Pen, { xTicks, height, left, right }: TreeLayout, palette: Palette): void {
  pen.font = `12px ${palette.font}`
  pen.textBaseline = "middle"
  pen.lineWidth = 1
  for (const { at, text } of xTicks) {
    pen.strokeStyle = palette.grid
    line(pen, crisp(at), 8, crisp(at), height - 26)
    pen.fillStyle = palette.muted
    const half = pen.measureText(text).width / 2
    pen.textAlign = at - half < left - 16 ? "left" : "center"
    if (at <= right + 24) pen.fillText(text, pen.textAlign === "left" ? left - 4 : at, height - 12)
  }
  pen.textAlign = "left"
}

function drawBranch(pen: Pen, { x, options }: TreeLayout, { lane, from, y, end }: Branch, palette: Palette): void {
  const isBest = lane.row === 0 && !options.hidden.has("lineage")
  pen.strokeStyle = isBest ? palette.lineage : palette.discarded
  pen.lineWidth = isBest ? 2.25 : 1
  pen.beginPath()
  const start = x[lane.nodes[0] ?? 0] ?? 0
  if (from === undefined) pen.moveTo(start, y)
  else {
    pen.moveTo(from.x, from.y)
    pen.lineTo(from.x, y)
  }
  pen.lineTo(end, y)
  pen.stroke()
}

function drawNodes(pen: Pen, { x, facts, options, lanes }: TreeLayout, { lane, y }: Branch, palette: Palette): void {
  const frontier = new Set(options.hidden.has("frontier") ? [] : facts.frontier)
  const left = new Set(lanes.lanes.map(({ from }) => from))
  let last = -Infinity
  for (const [i, node] of lane.nodes.entries()) {
    const at = x[node] ?? 0
    const matters = i === lane.nodes.length - 1 || left.has(node) || frontier.has(node)
    if (!matters && at - last < NEAR) continue
    last = at
    if (facts.mark[node] === MARK.disputed && !options.hidden.has("disputed")) disputedMark(pen, at, y, palette)
    else keptMark(pen, at, y, 3.25, palette, true)
    if (frontier.has(node)) frontierMark(pen, at, y, 5.5, palette)
  }
}

/** How many were tried from an experiment and not kept, above it: the largest first, where they have room. */
function drawTried(pen: Pen, { x, lanes }: TreeLayout, { lane, y }: Branch, palette: Palette): void {
  pen.font = `${SMALL}px ${palette.font}`
  pen.textBaseline = "middle"
  pen.textAlign = "center"
  pen.fillStyle = palette.muted
  const taken: [number, number][] = []
  const ranked = lane.nodes.toSorted((a, b) => (lanes.tried[b] ?? 0) - (lanes.tried[a] ?? 0))
  for (const node of ranked.slice(0, 200)) {
    const tried = lanes.tried[node] ?? 0
    if (tried === 0) break
    const text = formatCount(tried)
    const half = 3.2 * text.length + 3
    const at = x[node] ?? 0
    if (taken.some(([from, to]) => at - half < to && at + half > from)) continue
    taken.push([at - half, at + half])
    pen.fillText(text, at, y - 9)
  }
  pen.textAlign = "left"
}

function drawLabel(pen: Pen, branch: Branch, palette: Palette, withTags: boolean): void {
  pen.font = `${FONT}px ${palette.font}`
  pen.textBaseline = "middle"
  pen.fillStyle = branch.lane.row === 0 ? palette.text : palette.muted
  pen.fillText(branch.label, branch.end + 10, branch.y)
  if (withTags && branch.tag !== undefined) pen.fillText(branch.tag, tagLeft(branch), branch.y)
}
