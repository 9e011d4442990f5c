import { type PointerEvent, type ReactNode, useState } from "react"
import { niceTicks, tickDecimals } from "../../chart/scales.ts"
import { formatCount } from "../../lib/format.ts"
import type { Curve } from "./loss-curve-points.ts"
import styles from "./loss-curve.module.css"

/** The curves of one experiment, and how they are drawn. */
export interface CurveSet {
  readonly label: string
  readonly tone: "first" | "second"
  readonly curves: readonly Curve[]
}

/** Where the first steps of many are so many times worse than half of them, the rest would be a flat line: they are cut. */
const MANY = 100
const STEEP = 8
const CUT = 0.02
const TICKS = 4

/** Loss against step, of one experiment or of two over each other. The last one given is on top. */
export function LossCurves({ sets }: { sets: readonly CurveSet[] }): ReactNode {
  const [pointed, setPointed] = useState<number | null>(null)
  const shown = sets.filter(({ curves }) => curves.length > 0)
  const points = shown.flatMap(({ curves }) => curves.flat())
  if (points.length === 0) return null
  const steps = points.map(({ step }) => step)
  const [from, to] = [Math.min(...steps), Math.max(...steps)]
  const [low, high] = lossRange(points.map(({ loss }) => loss))
  const x = (step: number): number => (to === from ? 0.5 : (step - from) / (to - from))
  const y = (loss: number): number => (high === low ? 0.5 : 1 - (loss - low) / (high - low))
  const ticks = niceTicks([low, high], TICKS)
  const decimals = tickDecimals(ticks)
  const onPointerMove = (event: PointerEvent<HTMLDivElement>): void => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    setPointed(from + Math.min(1, Math.max(0, (event.clientX - left) / width)) * (to - from))
  }
  const atStep = pointed ?? to
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.legend}>
        <span>Loss, at step {formatCount(Math.round(atStep))}</span>
        {shown.map(({ label, tone, curves }) => (
          <span key={tone}>
            <svg viewBox="0 0 16 8" className={styles.key} aria-hidden>
              <path d="M0 4h16" className={styles[tone]} />
            </svg>
            {label} <strong>{lossAt(curves, atStep)}</strong>
          </span>
        ))}
      </figcaption>
      <div className={styles.frame}>
        <div className={styles.scale} aria-hidden>
          {ticks.map((tick) => (
            <span key={tick} style={{ top: `${y(tick) * 100}%` }}>
              {tick.toFixed(decimals)}
            </span>
          ))}
        </div>
        <div className={styles.plot} onPointerMove={onPointerMove} onPointerLeave={() => setPointed(null)}>
          <svg
            viewBox="0 0 1000 1000"
            preserveAspectRatio="none"
            role="img"
            aria-label={`Loss against step: ${shown.map(({ label, curves }) => `${label} ends at ${lossAt(curves, to)}`).join(", ")}`}
          >
            {ticks.map((tick) => (
              <path key={tick} d={`M0 ${1000 * y(tick)}H1000`} className={styles.grid} />
            ))}
            {shown.flatMap(({ curves, tone }) =>
              curves.map((curve, i) => (
                // oxlint-disable-next-line react/no-array-index-key -- a run has no identity but its place
                <path key={`${tone}${i}`} d={pathOf(curve, x, y)} className={styles[tone]} />
              )),
            )}
            {pointed !== null && <path d={`M${1000 * x(pointed)} 0V1000`} className={styles.pointer} />}
          </svg>
        </div>
        <div className={styles.steps} aria-hidden>
          <span>step {formatCount(from)}</span>
          <span>step {formatCount(to)}</span>
        </div>
      </div>
    </figure>
  )
}

/** From the least loss to the greatest, but for the steep beginning of a long run. */
function lossRange(losses: readonly number[]): [number, number] {
  const sorted = losses.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
  const [low, highest] = [at(0), at(1)]
  const isSteep = sorted.length > MANY && highest - low > STEEP * (at(0.5) - low)
  const high = at(1 - CUT)
  return [low, isSteep && high > low ? high : highest]
}

function pathOf(curve: Curve, x: (step: number) => number, y: (loss: number) => number): string {
  return curve
    .map(({ step, loss }, i) => `${i === 0 ? "M" : "L"}${(1000 * x(step)).toFixed(1)} ${(1000 * y(loss)).toFixed(1)}`)
    .join("")
}

/** The loss of the last point at or before a step, of the first run that has one. */
function lossAt(curves: readonly Curve[], step: number): string {
  for (const curve of curves) {
    const point = curve.findLast((each) => each.step <= step)
    if (point !== undefined) return Number(point.loss.toPrecision(5)).toString()
  }
  return "–"
}
