import { type Metric, verdictWords, shortId } from "@spore/api/client"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { queries } from "../api.ts"
import { ShapeIcon, shapeOf } from "../components/shapes.tsx"
import { VisibleText } from "../components/visible-text.tsx"
import { formatDelta } from "../lib/format.ts"
import { scoreWords, standingWords, STATUS_WORDS } from "../lib/words.ts"
import type { GraphModel, Point } from "./model.ts"
import styles from "./tooltip.module.css"

const WIDTH = 288

/** What the experiment pointed at is. Beside the pointer, never under it. */
export function Tooltip({
  model,
  metric,
  point,
  at,
  room,
  note,
}: {
  model: GraphModel
  metric: Metric
  point: Point
  /** Where it is drawn. */
  at: { x: number; y: number }
  /** The size of the chart. */
  room: { width: number; height: number }
  /** What the chart adds to it. */
  note?: string | undefined
}): ReactNode {
  const { data, isPlaceholderData } = useQuery({
    ...queries.graphPoint(model.task, point.seq),
    placeholderData: keepPreviousData,
  })
  const row = isPlaceholderData ? undefined : data
  const title = row?.title ?? model.titles.get(point.seq)
  const parent = model.bySeq.get(point.parent)
  const delta =
    point.value === null || parent === undefined || parent.value === null ? null : point.value - parent.value
  const toLeft = at.x + 20 + WIDTH > room.width
  const left = toLeft ? Math.max(4, at.x - 20 - WIDTH) : at.x + 20
  const isLow = at.y > room.height / 2
  // Where it has no room beside the point, it stands above or below it.
  const gap = room.width < 2 * WIDTH ? -20 : 12
  const vertical = isLow ? { bottom: room.height - at.y - gap } : { top: at.y - gap }
  return (
    <div className={styles.tooltip} style={{ left, width: Math.min(WIDTH, room.width - 8), ...vertical }} aria-hidden>
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
      {note !== undefined && <p className={styles.note}>{note}</p>}
    </div>
  )
}
