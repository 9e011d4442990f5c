import type { Box } from "./labels.ts"

/** The part of a 2D context that the charts draw with; a file of vectors takes the same strokes as the screen. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  | "beginPath"
  | "moveTo"
  | "lineTo"
  | "arc"
  | "closePath"
  | "stroke"
  | "fill"
  | "fillRect"
  | "fillText"
  | "strokeText"
  | "measureText"
  | "setLineDash"
  | "lineWidth"
  | "lineCap"
  | "lineJoin"
  | "globalAlpha"
  | "font"
  | "textAlign"
  | "textBaseline"
  | "fillStyle"
  | "strokeStyle"
>

/** More points than can be drawn one by one, as a density, or each as a disc or ring. */
export interface Cloud {
  readonly kind: "density" | "discs" | "rings"
  readonly colour: string
  /** Of a disc or ring, in pixels. */
  readonly radius: number
  readonly x: Float32Array
  readonly y: Float32Array
  /** Which of the points, by index. */
  readonly indices: Int32Array
}

/** What a chart is drawn on. */
export interface Surface {
  readonly pen: Pen
  /** Draws clouds in their order, within a box. */
  clouds(box: Box, clouds: readonly Cloud[]): void
  /** Draws what `draw` draws, but nothing of it outside a box. */
  clip(box: Box, draw: () => void): void
  /** Draws what `draw` draws, moved. */
  shift(x: number, y: number, draw: () => void): void
}

export function circle(pen: Pen, x: number, y: number, radius: number): void {
  pen.beginPath()
  pen.arc(x, y, radius, 0, 2 * Math.PI)
}

export function line(pen: Pen, x1: number, y1: number, x2: number, y2: number): void {
  pen.beginPath()
  pen.moveTo(x1, y1)
  pen.lineTo(x2, y2)
  pen.stroke()
}

/** The middle of a pixel, where a line of one pixel is sharp. */
export function crisp(at: number): number {
  return Math.round(at) + 0.5
}
