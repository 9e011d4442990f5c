import type { ReactNode } from "react"
import { Legend, type LegendLayers } from "../components/legend.tsx"
import styles from "./chart-shell.module.css"

/** The chart's frame, legend and tools, of the same size before and after there is a chart in it. */
export function ChartShell({
  children,
  layers,
  tools,
  height,
  hint,
}: {
  children: ReactNode
  /** What the legend counts and hides; it is inert without. */
  layers?: LegendLayers
  tools?: ReactNode
  /** In pixels, of a chart that is as high as what it holds. */
  height?: number | undefined
  /** A word on how to read it; on how to move in it where left out. */
  hint?: string
}): ReactNode {
  return (
    <div className={styles.chart}>
      <div className={styles.frame} style={height === undefined ? undefined : { height }}>
        {children}
      </div>
      <div className={styles.foot}>
        <Legend layers={layers} hint={hint ?? HINT} />
        <div className={styles.tools}>{tools}</div>
      </div>
    </div>
  )
}

const HINT = (
  <>
    <span className={styles.mouse}>Ctrl and the wheel zoom, dragging moves. A click opens an experiment.</span>
    <span className={styles.touch}>Two fingers zoom, one moves sideways. A second tap opens an experiment.</span>
  </>
)
