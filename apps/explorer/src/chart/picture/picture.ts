import { clip, visibleText } from "../../lib/text.ts"
import { LAYER_WORDS, type Layer } from "../layers.ts"
import { crashedMark, discardedMark, disputedMark, frontierMark, keptMark, reproducedMark } from "../marks.ts"
import type { Palette } from "../palette.ts"
import type { Pen, Surface } from "../surface.ts"

/** A chart as a picture that explains itself. */
export interface Picture {
  /** Of the chart. */
  readonly width: number
  readonly height: number
  readonly palette: Palette
  /** What it is of; may hold what strangers wrote. */
  readonly title: string
  /** Class, axes and date. */
  readonly subtitle: string
  /** What the legend has, in its words. */
  readonly legend: readonly (readonly [Layer, string])[]
  readonly draw: (surface: Surface) => void
}

const HEAD = 64
const LEGEND_ROW = 22
const SIDE = 20

/** Size of the whole picture, and how to draw it. */
export function composePicture(
  { width, height, palette, title, subtitle, legend, draw }: Picture,
  measure: (text: string, font: string) => number,
): { width: number; height: number; paint: (surface: Surface) => void } {
  const small = `12px ${palette.font}`
  const rows = legendRows(legend, width - 2 * SIDE, (words) => measure(words, small))
  const whole = HEAD + height + LEGEND_ROW * rows.length + 18
  return {
    width,
    height: whole,
    paint: (surface) => {
      const { pen } = surface
      pen.fillStyle = palette.surface
      pen.fillRect(0, 0, width, whole)
      pen.textAlign = "left"
      pen.textBaseline = "middle"
      pen.fillStyle = palette.text
      pen.font = `600 18px ${palette.font}`
      pen.fillText(clip(visibleText(title), Math.floor((width - 2 * SIDE) / 10)), SIDE, 24)
      pen.fillStyle = palette.muted
      pen.font = small
      pen.fillText(clip(visibleText(subtitle), Math.floor((width - 2 * SIDE) / 6)), SIDE, 46)
      surface.shift(0, HEAD, () => draw(surface))
      for (const [row, entries] of rows.entries()) {
        const y = HEAD + height + LEGEND_ROW * row + 14
        for (const { layer, words, left } of entries) {
          drawMark(pen, layer, SIDE + left + 7, y, palette)
          pen.font = small
          pen.textAlign = "left"
          pen.textBaseline = "middle"
          pen.fillStyle = palette.muted
          pen.fillText(words, SIDE + left + 20, y)
        }
      }
    },
  }
}

/** What a legend says of a layer: its words, and how many it shows. */
export function legendOf(layers: readonly Layer[], counts: Readonly<Record<Layer, number>>): [Layer, string][] {
  return layers.map((layer) => [layer, `${LAYER_WORDS[layer]} ${counts[layer].toLocaleString("en")}`])
}

interface Entry {
  readonly layer: Layer
  readonly words: string
  readonly left: number
}

function legendRows(legend: Picture["legend"], width: number, widthOf: (words: string) => number): Entry[][] {
  const rows: Entry[][] = [[]]
  let left = 0
  for (const [layer, words] of legend) {
    const own = 20 + widthOf(words) + 20
    if (left > 0 && left + own > width) {
      rows.push([])
      left = 0
    }
    rows.at(-1)?.push({ layer, words, left })
    left += own
  }
  return rows
}

function drawMark(pen: Pen, layer: Layer, x: number, y: number, palette: Palette): void {
  if (layer === "kept") keptMark(pen, x, y, 4, palette, false)
  if (layer === "discarded") discardedMark(pen, x, y, 3.5, palette)
  if (layer === "disputed") disputedMark(pen, x, y, palette)
  if (layer === "crashed") crashedMark(pen, x, y, palette)
  if (layer === "reproduced") reproducedMark(pen, x, y, palette)
  if (layer === "frontier") {
    keptMark(pen, x, y, 3, palette, false)
    frontierMark(pen, x, y, 5.5, palette)
  }
  if (layer !== "best" && layer !== "lineage") return
  pen.strokeStyle = layer === "best" ? palette.best : palette.lineage
  pen.lineWidth = 2
  pen.beginPath()
  pen.moveTo(x - 7, y - 3)
  if (layer === "best") {
    pen.lineTo(x, y - 3)
    pen.lineTo(x, y + 3)
  }
  pen.lineTo(x + 7, y + 3)
  pen.stroke()
}
