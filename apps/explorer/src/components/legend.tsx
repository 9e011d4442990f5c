import type { ReactNode } from "react"
import styles from "./legend.module.css"
import { type Shape, ShapeIcon } from "./shapes.tsx"

const ENTRIES: readonly (readonly [Shape, string])[] = [
  ["best", "running best"],
  ["lineage", "lineage of the best"],
  ["kept", "kept"],
  ["discarded", "discarded"],
  ["frontier", "frontier"],
  ["verified", "reproduced or upheld"],
  ["disputed", "reruns disagree"],
  ["crashed", "crashed"],
]

export function Legend({ beyond, hasTicks }: { beyond: number; hasTicks: boolean }): ReactNode {
  return (
    <ul className={styles.legend} aria-label="Legend">
      {ENTRIES.filter(([shape]) => hasTicks || shape !== "verified").map(([shape, words]) => (
        <li key={shape} className={styles.entry}>
          <ShapeIcon shape={shape} />
          {words}
        </li>
      ))}
      {beyond > 0 && <li className={styles.note}>{beyond} beyond the range, drawn at its edge</li>}
    </ul>
  )
}
