import { type Metric, verdictWords } from "@spore/api/client"
import { type KeyboardEvent, type PointerEvent, type ReactNode, useContext, useEffect, useMemo, useRef } from "react"
import { formatCount } from "../lib/format.ts"
import { standingWords, STATUS_WORDS, valueWords } from "../lib/words.ts"
import { ChartShell } from "./chart-shell.tsx"
import { drawChart, drawHover, MANY_TICKS } from "./draw.ts"
import { HoverContext, useHovered } from "./hover.ts"
import { type ChartLayout, layoutChart, nearestSpot, type Spot, type XAxis, type YAxis } from "./layout.ts"
import { type GraphModel, lineageOf } from "./model.ts"
import styles from "./progress-chart.module.css"
import { Tooltip } from "./tooltip.tsx"
import { prepareCanvas, useAppearance, useSize } from "./use-canvas.ts"

const REACH = 22

export interface ProgressChartProps {
  model: GraphModel
  metric: Metric
  xAxis: XAxis
  yAxis: YAxis
  onOpen: (seq: number) => void
}

/** The metric of every experiment against its number, with the running best and the lineage that led to it. */
export function ProgressChart({ model, metric, xAxis, yAxis, onOpen }: ProgressChartProps): ReactNode {
  const frame = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const overlay = useRef<HTMLCanvasElement>(null)
  const { width, height } = useSize(frame)
  const appearance = useAppearance(frame)
  const hover = useContext(HoverContext)
  const hovered = useHovered()

  const layout = useMemo(
    () => (width === 0 ? null : layoutChart(model, { width, height, metric, xAxis, yAxis })),
    [model, width, height, metric, xAxis, yAxis],
  )

  useEffect(() => {
    if (layout === null || appearance === null) return
    const ctx = prepareCanvas(canvas.current, { ...layout.options, scale: appearance.scale })
    if (ctx !== null) drawChart(ctx, layout, appearance.palette, model.titles)
  }, [layout, model, appearance])

  const path = useMemo(
    () => (layout === null || hovered === null ? [] : lineageSpots(layout, model, hovered)),
    [layout, model, hovered],
  )
  useEffect(() => {
    if (layout === null || appearance === null) return
    const ctx = prepareCanvas(overlay.current, { ...layout.options, scale: appearance.scale })
    if (ctx !== null) drawHover(ctx, layout, appearance.palette, path)
  }, [layout, path, appearance])

  const spotAt = (event: PointerEvent): Spot | undefined => {
    if (layout === null) return undefined
    const box = event.currentTarget.getBoundingClientRect()
    return nearestSpot(layout, event.clientX - box.left, event.clientY - box.top, REACH)
  }

  const onPointerUp = (event: PointerEvent): void => {
    const spot = spotAt(event)
    if (spot === undefined || event.button !== 0) return
    // A finger has no hover: its first tap shows, its second opens.
    if (event.pointerType !== "mouse" && hover.get() !== spot.point.seq) hover.set(spot.point.seq)
    else onOpen(spot.point.seq)
  }

  const onKeyDown = (event: KeyboardEvent): void => {
    if (layout === null) return
    const current = hovered === null ? undefined : layout.spotOf.get(hovered)
    if (event.key === "Enter" && current !== undefined) onOpen(current.point.seq)
    if (event.key === "Escape") hover.set(null)
    const target = neighbour(layout, model, current, event.key)
    if (target === undefined) return
    event.preventDefault()
    hover.set(target.point.seq)
  }

  const spot = path[0]
  return (
    <ChartShell beyond={layout?.beyond ?? 0} hasTicks={model.points.length <= MANY_TICKS}>
      <div
        ref={frame}
        className={styles.frame}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it is interactive: arrows move, Enter opens
        tabIndex={0}
        role="group"
        aria-roledescription="chart"
        aria-label={`${summary(model, metric)} Arrow keys walk through the experiments, up to the parent, down to the best child; Enter opens one. The table below holds the same.`}
        onKeyDown={onKeyDown}
        onBlur={() => hover.set(null)}
        onPointerMove={(event) => {
          if (event.pointerType === "mouse") hover.set(spotAt(event)?.point.seq ?? null)
        }}
        onPointerLeave={(event) => {
          if (event.pointerType === "mouse") hover.set(null)
        }}
        onPointerUp={onPointerUp}
        data-points={model.points.length}
      >
        <canvas ref={canvas} className={styles.canvas} aria-hidden />
        <canvas ref={overlay} className={styles.canvas} aria-hidden />
        {layout !== null && spot !== undefined && <Tooltip layout={layout} model={model} spot={spot} metric={metric} />}
        <span className="visually-hidden" aria-live="polite">
          {spot === undefined ? "" : spoken(spot, metric)}
        </span>
      </div>
    </ChartShell>
  )
}

function lineageSpots(layout: ChartLayout, model: GraphModel, seq: number): Spot[] {
  return lineageOf(model, model.bySeq.get(seq)).flatMap((point) => layout.spotOf.get(point.seq) ?? [])
}

function neighbour(layout: ChartLayout, model: GraphModel, current: Spot | undefined, key: string): Spot | undefined {
  if (!key.startsWith("Arrow")) return undefined
  if (current === undefined) return layout.steps.at(-1) ?? layout.spots.at(-1)
  const { seq, number, parent } = current.point
  if (key === "ArrowLeft") return layout.spots[number - 2]
  if (key === "ArrowRight") return layout.spots[number]
  if (key === "ArrowUp") return layout.spotOf.get(parent)
  const sign = layout.options.metric.goal === "minimize" ? 1 : -1
  const children = model.points.filter((point) => point.parent === seq && point.value !== null)
  const [best] = children.toSorted((a, b) => sign * ((a.value ?? 0) - (b.value ?? 0)))
  return best === undefined ? undefined : layout.spotOf.get(best.seq)
}

function summary(model: GraphModel, metric: Metric): string {
  const kept = model.points.filter(({ status }) => status === "keep").length
  return `Chart of ${metric.name} over ${formatCount(model.points.length)} experiments, ${formatCount(kept)} kept.`
}

function spoken({ point }: Spot, metric: Metric): string {
  const value = point.value === null ? "no score" : `${metric.name} ${valueWords(point, metric)}`
  const standing = standingWords(point) || STATUS_WORDS[point.status]
  return `Experiment ${point.number}: ${value}, ${standing}, ${verdictWords(point)}`
}
