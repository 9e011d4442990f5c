import type { Palette } from "./palette.ts"
import { circle, type Pen } from "./surface.ts"

/** The marks of experiments, each at a place: the same in the plot, the tree and a file's legend. */
export function keptMark(pen: Pen, x: number, y: number, radius: number, palette: Palette, isRimmed: boolean): void {
  pen.fillStyle = palette.kept
  circle(pen, x, y, radius)
  pen.fill()
  if (!isRimmed) return
  pen.strokeStyle = palette.surface
  pen.lineWidth = 1
  pen.stroke()
}

export function discardedMark(pen: Pen, x: number, y: number, radius: number, palette: Palette): void {
  pen.strokeStyle = palette.discarded
  pen.lineWidth = 1.25
  circle(pen, x, y, radius)
  pen.stroke()
}

export function frontierMark(pen: Pen, x: number, y: number, radius: number, palette: Palette): void {
  pen.strokeStyle = palette.text
  pen.lineWidth = 1.5
  circle(pen, x, y, radius)
  pen.stroke()
}

export function disputedMark(pen: Pen, x: number, y: number, palette: Palette): void {
  pen.strokeStyle = palette.disputed
  pen.lineWidth = 1.75
  pen.beginPath()
  pen.moveTo(x, y - 5)
  pen.lineTo(x + 5, y)
  pen.lineTo(x, y + 5)
  pen.lineTo(x - 5, y)
  pen.closePath()
  pen.stroke()
}

export function crashedMark(pen: Pen, x: number, y: number, palette: Palette): void {
  pen.strokeStyle = palette.crashed
  pen.lineWidth = 1.25
  pen.beginPath()
  pen.moveTo(x - 3, y - 3)
  pen.lineTo(x + 3, y + 3)
  pen.moveTo(x + 3, y - 3)
  pen.lineTo(x - 3, y + 3)
  pen.stroke()
}

export function withheldMark(pen: Pen, x: number, y: number, palette: Palette): void {
  pen.strokeStyle = palette.discarded
  pen.lineWidth = 1.25
  pen.beginPath()
  pen.moveTo(x - 3, y)
  pen.lineTo(x + 3, y)
  pen.stroke()
}

/** A tick, with a rim that parts it from what is below. */
export function reproducedMark(pen: Pen, x: number, y: number, palette: Palette): void {
  for (const [colour, width] of [
    [palette.surface, 4],
    [palette.best, 1.75],
  ] as const) {
    pen.strokeStyle = colour
    pen.lineWidth = width
    pen.beginPath()
    pen.moveTo(x - 3, y)
    pen.lineTo(x - 1, y + 2.5)
    pen.lineTo(x + 3, y - 2.5)
    pen.stroke()
  }
}
