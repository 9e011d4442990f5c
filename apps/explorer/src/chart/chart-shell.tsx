import type { ReactNode } from "react"
import { Legend } from "../components/legend.tsx"
import styles from "./chart-shell.module.css"

/** The chart's frame and legend, of the same size before and after there is a chart in it. */
export function ChartShell({
  children,
  beyond = 0,
  hasTicks = true,
}: {
  children: ReactNode
  /** Points outside the range drawn. */
  beyond?: number
  /** Whether reruns are marked. */
  hasTicks?: boolean
}): ReactNode {
  return (
    <div className={styles.chart}>
      <div className={styles.frame}>{children}</div>
      <Legend beyond={beyond} hasTicks={hasTicks} />
    </div>
  )
}
