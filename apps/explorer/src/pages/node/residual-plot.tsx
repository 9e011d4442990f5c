import type { Residual } from "@spore/api/client"
import type { ReactNode } from "react"
import { formatCount, plural } from "../../lib/format.ts"
import { stackResiduals } from "./residual-stacks.ts"
import styles from "./residual-plot.module.css"

const ROW = 10
const BASE = 22
const TICKS = [-8, -4, 0, 4, 8]

/**
 * How far a node's results lie from the claims, in units of the noise: a dot for each rerun, in heaps. Those of a sound
 * machine heap up a little right of 0, since claims are the luckiest of several tries. Absent where no noise is known.
 */
export function ResidualPlot({ rows }: { rows: readonly Residual[] }): ReactNode {
  const { dots, tallest } = stackResiduals(rows)
  if (dots.length === 0) return null
  const spacing = Math.min(ROW, 120 / tallest)
  const height = BASE + Math.max(4, tallest * (spacing / ROW)) * ROW
  const differing = dots.filter(({ agrees }) => !agrees).length
  return (
    <figure className={styles.figure}>
      <svg
        className={styles.plot}
        height={height}
        role="img"
        aria-label={`${plural(dots.length, "rerun")} on noisy tasks, ${formatCount(differing)} of them beyond what noise explains; the table below holds the same.`}
      >
        {TICKS.map((tick) => (
          <g key={tick}>
            <line
              x1={percent(tick)}
              x2={percent(tick)}
              y1="0"
              y2={height - BASE}
              className={tick === 0 ? styles.zero : styles.grid}
            />
            <text x={percent(tick)} y={height - 6} textAnchor="middle">
              {tick === 0 ? "as claimed" : `${tick > 0 ? "+" : "\u2212"}${Math.abs(tick)}`}
            </text>
          </g>
        ))}
        {dots.map(({ id, at, level, agrees }) => (
          <svg key={id} x={percent(at)} y={height - BASE - ROW / 2 - level * spacing} className={styles.dot}>
            {agrees ? (
              <circle r="3.75" className={styles.agrees} />
            ) : (
              <path d="M-3.5-3.5l7 7m0-7l-7 7" className={styles.differs} />
            )}
          </svg>
        ))}
      </svg>
      <figcaption className={styles.caption}>
        Its results on noisy tasks, to the right where worse than the claim, in standard deviations of a difference of
        two results. Claims are often the luckiest of several tries, so a sound machine lies a little to the right.
      </figcaption>
    </figure>
  )
}

function percent(residual: number): string {
  return `${(50 + (residual / 10) * 48).toFixed(2)}%`
}
