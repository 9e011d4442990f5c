import type { Progress } from "@spore/api/client"
import { type ReactNode, useEffect, useRef } from "react"
import styles from "./sparkline.module.css"
import { prepareCanvas, useAppearance } from "./use-canvas.ts"

const WIDTH = 148
const HEIGHT = 36

/** The running best as a small staircase; without a scale, for its shape. */
export function Sparkline({ progress }: { progress: Progress | undefined }): ReactNode {
  const ref = useRef<HTMLCanvasElement>(null)
  const appearance = useAppearance(ref)
  useEffect(() => {
    if (appearance === null) return
    const ctx = prepareCanvas(ref.current, { width: WIDTH, height: HEIGHT, scale: appearance.scale })
    if (ctx === null) return
    ctx.clearRect(0, 0, WIDTH, HEIGHT)
    if (progress === undefined) return
    const path = staircase(progress)
    const end = path.at(-1)
    if (end === undefined) return
    ctx.strokeStyle = appearance.palette.best
    ctx.fillStyle = appearance.palette.best
    ctx.lineWidth = 1.75
    ctx.lineJoin = "round"
    ctx.beginPath()
    for (const [i, [x, y]] of path.entries()) {
      if (i === 0) ctx.moveTo(x, y)
      else ctx.lineTo(x, y)
    }
    ctx.stroke()
    ctx.beginPath()
    ctx.arc(end[0], end[1], 2.75, 0, 2 * Math.PI)
    ctx.fill()
  }, [progress, appearance])
  const label =
    progress === undefined
      ? ""
      : `Running best over ${progress.experiments} experiments, ${progress.steps.length} steps`
  return (
    <canvas
      ref={ref}
      className={styles.sparkline}
      style={{ width: WIDTH, height: HEIGHT }}
      role="img"
      aria-label={label}
    />
  )
}

/** Corners of the staircase in pixels. */
export function staircase({ steps, experiments }: Progress): [number, number][] {
  const values = steps.map(({ value }) => value)
  const first = values[0]
  if (first === undefined) return []
  const low = Math.min(...values)
  const span = Math.max(...values) - low
  const x = (number: number): number => 4 + ((WIDTH - 8) * (number - 1)) / Math.max(1, experiments - 1)
  const y = (value: number): number => {
    const share = span === 0 ? 0.5 : (value - low) / span
    return 4 + (HEIGHT - 8) * (1 - share)
  }
  const path: [number, number][] = []
  for (const [i, { number, value }] of steps.entries()) {
    const before = steps[i - 1]
    if (before !== undefined) path.push([x(number), y(before.value)])
    path.push([x(number), y(value)])
  }
  return [...path, [x(experiments), y(values.at(-1) ?? first)]]
}
