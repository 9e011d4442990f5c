import { type Metric, verdictWords, shortId } from "@spore/api/client"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { queries } from "../api.ts"
import { ShapeIcon, shapeOf } from "../components/shapes.tsx"
import { VisibleText } from "../components/visible-text.tsx"
import { formatDelta } from "../lib/format.ts"
import { scoreWords, standingWords, STATUS_WORDS } from "../lib/words.ts"
import type { ChartLayout, Spot } from "./layout.ts"
import type { GraphModel } from "./model.ts"
import styles from "./tooltip.module.css"

const WIDTH = 288

/** What the experiment pointed at is. Beside the pointer, never under it. */
export function Tooltip({
  layout,
  model,
  spot,
  metric,
}: {
  layout: ChartLayout
  model: GraphModel
  spot: Spot
  metric: Metric
}): ReactNode {
  const { point } = spot
  const { data, isPlaceholderData } = useQuery({
    ...queries.graphPoint(model.task, point.seq),
    placeholderData: keepPreviousData,
  })
  const row = isPlaceholderData ? undefined : data
  const title = row?.title ?? model.titles.get(point.seq)
  const parent = model.bySeq.get(point.parent)
  const delta =
    point.value === null || parent === undefined || parent.value === null ? null : point.value - parent.value
  const toLeft = spot.x + 20 + WIDTH > layout.options.width
  const left = toLeft ? Math.max(4, spot.x - 20 - WIDTH) : spot.x + 20
  const isLow = spot.y > layout.options.height / 2
  const vertical = isLow ? { bottom: layout.options.height - spot.y - 12 } : { top: spot.y - 12 }
  return (
    <div
      className={styles.tooltip}
      style={{ left, width: Math.min(WIDTH, layout.options.width - 8), ...vertical }}
      aria-hidden
    >
      <div className={styles.head}>
        <ShapeIcon shape={shapeOf(point)} />
        <span className={styles.value}>{scoreWords({ ...point, outcome: row?.outcome ?? "crash" }, metric)}</span>
        {delta !== null && <span className={styles.delta}>{formatDelta(delta, metric)}</span>}
        <span className={styles.number}>#{point.number}</span>
      </div>
      <p className={styles.title}>{title === undefined ? "\u00a0" : <VisibleText text={title} max={120} />}</p>
      <p className={styles.note}>
        {standingWords(point) || STATUS_WORDS[point.status]}
        {point.value !== null && ` · ${verdictWords(point)}`}
        {" · "}
        {shortId(point.node)}
      </p>
    </div>
  )
}
