import type { Metric } from "@spore/api/client"
import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
} from "react"
import { formatCount } from "../lib/format.ts"
import { createCanvasSurface } from "./canvas-surface.ts"
import { ChartShell } from "./chart-shell.tsx"
import { ChartTools } from "./chart-tools.tsx"
import { chartSummary, spokenPoint } from "./chart-words.ts"
import { drawChart, drawHover } from "./draw.ts"
import { createHitGrid } from "./hit-grid.ts"
import { HoverContext, useHovered } from "./hover.ts"
import { factsOf, type Layer, MARK } from "./layers.ts"
import { type ChartLayout, layoutChart, leastSpan, wholeRange, type XAxis, type YAxis } from "./layout.ts"
import { type GraphModel, indexOfSeq, lineageOf, pointAt } from "./model.ts"
import styles from "./progress-chart.module.css"
import { fit, type Range, zoom } from "./range.ts"
import type { Surface } from "./surface.ts"
import { Tooltip } from "./tooltip.tsx"
import { useArrivals } from "./use-arrivals.ts"
import { clearedContext, useAppearance, useSize } from "./use-canvas.ts"
import { usePainted } from "./use-painted.ts"
import { usePanZoom } from "./use-pan-zoom.ts"
import { useRange } from "./use-range.ts"
import { walk } from "./walk.ts"

const REACH = 22
const ZOOM_STEP = 1.6

export interface ProgressChartProps {
  taskName: string
  model: GraphModel
  metric: Metric
  xAxis: XAxis
  yAxis: YAxis
  /** The stretch of the horizontal axis that the URL names. */
  range: Range | undefined
  hidden: ReadonlySet<Layer>
  onRange: (range: Range | undefined) => void
  onToggle: (layer: Layer) => void
  onOpen: (seq: number) => void
}

/** The metric of every experiment against its number, with the running best and the lineage that led to it. */
export function ProgressChart(props: ProgressChartProps): ReactNode {
  const { model, metric, xAxis, yAxis, hidden, onOpen } = props
  const frame = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const overlay = useRef<HTMLCanvasElement>(null)
  const { width, height } = useSize(frame)
  const appearance = useAppearance(frame)
  const hover = useContext(HoverContext)
  const hovered = useHovered()
  const arrivals = useArrivals(model)

  const facts = useMemo(() => factsOf(model, metric.goal), [model, metric.goal])
  const whole = useMemo(() => wholeRange(model, xAxis), [model, xAxis])
  const least = leastSpan(xAxis)
  const view = useRange(props.range, whole, least, props.onRange)
  const layout = useMemo(
    () =>
      width === 0
        ? null
        : layoutChart(model, facts, { width, height, metric, xAxis, yAxis, range: view.range, hidden }),
    [model, facts, width, height, metric, xAxis, yAxis, view.range, hidden],
  )

  const scale = appearance?.scale ?? 1
  /** Kept from drawing to drawing, so that its buffers are. */
  const surface = useRef<{ readonly scale: number; readonly surface: Surface }>(undefined)
  useLayoutEffect(() => {
    if (layout === null || appearance === null) return
    const ctx = clearedContext(canvas.current, { ...layout.options, scale })
    if (ctx === null) return
    if (surface.current?.scale !== scale) surface.current = { scale, surface: createCanvasSurface(ctx, scale) }
    drawChart(surface.current.surface, layout, appearance.palette)
  }, [layout, appearance, scale])
  usePainted(frame, layout !== null && appearance !== null)

  const index = hovered === null ? -1 : indexOfSeq(model.columns.seq, hovered)
  const path = useMemo(() => lineageOf(model, index), [model, index])
  useEffect(() => {
    if (layout === null || appearance === null) return
    const ctx = clearedContext(overlay.current, { ...layout.options, scale })
    if (ctx !== null) drawHover(ctx, layout, appearance.palette, path)
  }, [layout, path, appearance, scale])

  const grid = useRef<{ layout: ChartLayout; nearest: ReturnType<typeof createHitGrid>["nearest"] }>(undefined)
  const seqAt = (event: PointerEvent): number | undefined => {
    if (layout === null) return undefined
    if (grid.current?.layout !== layout) {
      // Kept ones are few and matter more than the discards around them.
      const rank = (i: number): number => (facts.mark[i] === MARK.kept || facts.mark[i] === MARK.disputed ? 5 : 0)
      grid.current = { layout, ...createHitGrid(layout.x, layout.y, layout.shown, layout.options, rank) }
    }
    const box = event.currentTarget.getBoundingClientRect()
    return model.columns.seq[grid.current.nearest(event.clientX - box.left, event.clientY - box.top, REACH)]
  }

  const axis =
    layout === null
      ? null
      : {
          range: layout.range,
          whole,
          least,
          pixels: [layout.plot.left + 8, layout.plot.right - 4] as const,
          valueAt: layout.valueAt,
          show: view.show,
        }
  const gestures = usePanZoom(frame, axis)
  const zoomBy = (factor: number): void => {
    const range = layout?.range ?? whole
    view.show(zoom(range, (range[0] + range[1]) / 2, factor, whole, least))
  }

  const onPointerUp = (event: PointerEvent<HTMLDivElement>): void => {
    if (gestures.onPointerUp(event) || event.button !== 0) return
    const seq = seqAt(event)
    if (seq === undefined) return
    // A finger has no hover: its first tap shows, its second opens.
    if (event.pointerType !== "mouse" && hover.get() !== seq) hover.set(seq)
    else onOpen(seq)
  }

  const onKeyDown = (event: KeyboardEvent): void => {
    if (layout === null || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === "Enter" && hovered !== null) onOpen(hovered)
    if (event.key === "Escape") hover.set(null)
    if (event.key === "+" || event.key === "=") zoomBy(ZOOM_STEP)
    if (event.key === "-") zoomBy(1 / ZOOM_STEP)
    if (event.key === "0") view.show(whole)
    const side = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0
    const [from, to] = layout.range
    if (event.shiftKey && side !== 0) {
      event.preventDefault()
      view.show(moved([from, to], (side * (to - from)) / 5))
      return
    }
    const target = walk(layout, index, event.key)
    if (target === undefined) return
    event.preventDefault()
    hover.set(model.columns.seq[target] ?? null)
    const at = xAxis === "time" ? (model.columns.created[target] ?? 0) : target + 1
    if (at < from || at > to) view.show(moved([from, to], at - (from + to) / 2))
  }
  /** Moved, without leaving the whole or changing how much is looked at. */
  const moved = ([from, to]: Range, by: number): Range => fit([from + by, to + by], whole, least)

  const { onToggle } = props
  const layers = useMemo(() => ({ counts: facts.counts, hidden, onToggle }), [facts, hidden, onToggle])
  const point = pointAt(model, index)
  return (
    <ChartShell
      layers={layers}
      tools={
        layout !== null &&
        appearance !== null && (
          <ChartTools
            zoom={{
              isZoomed: view.range !== undefined,
              onZoom: (way) => zoomBy(way > 0 ? ZOOM_STEP : 1 / ZOOM_STEP),
              onWhole: () => view.show(whole),
            }}
            onSave={(format) => {
              void import("./picture/save-chart.ts").then(({ saveChart }) =>
                saveChart(layout, appearance.palette, { task: props.taskName, format }),
              )
            }}
          />
        )
      }
    >
      <div
        ref={frame}
        className={styles.frame}
        data-zoomed={view.range !== undefined || undefined}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it is interactive: arrows move, Enter opens
        tabIndex={0}
        role="group"
        aria-roledescription="chart"
        aria-label={`${chartSummary(model, facts, metric)} Arrow keys walk through the experiments, up to the parent, down to the best child; Enter opens one. Plus and minus zoom, Shift with an arrow moves, 0 shows all. The table below holds the same.`}
        onKeyDown={onKeyDown}
        onBlur={() => hover.set(null)}
        onPointerDown={gestures.onPointerDown}
        onPointerMove={(event) => {
          if (gestures.onPointerMove(event)) hover.set(null)
          else if (event.pointerType === "mouse") hover.set(seqAt(event) ?? null)
        }}
        onPointerLeave={(event) => {
          if (event.pointerType === "mouse") hover.set(null)
        }}
        onPointerCancel={gestures.onPointerUp}
        onPointerUp={onPointerUp}
        onDoubleClick={() => view.show(whole)}
        data-points={model.count}
      >
        <canvas ref={canvas} className={styles.canvas} aria-hidden />
        <canvas ref={overlay} className={styles.canvas} aria-hidden />
        {layout !== null && layout.beyond > 0 && (
          <span className={layout.betterIsDown ? styles.beyondTop : styles.beyondBottom}>
            {formatCount(layout.beyond)} beyond the scale, at its edge
          </span>
        )}
        {layout !== null && <Arrivals layout={layout} seqs={arrivals} />}
        {layout !== null && point !== undefined && (
          <Tooltip model={model} metric={metric} point={point} at={layout.place(index)} room={layout.options} />
        )}
        <span className="visually-hidden" aria-live="polite">
          {point === undefined ? "" : spokenPoint(point, metric)}
        </span>
      </div>
    </ChartShell>
  )
}

/** Rings around what has just arrived. */
function Arrivals({ layout, seqs }: { layout: ChartLayout; seqs: readonly number[] }): ReactNode {
  return seqs.map((seq) => {
    const index = indexOfSeq(layout.model.columns.seq, seq)
    const { x: left, y: top } = layout.place(index)
    if (index < 0 || left < layout.plot.left || left > layout.plot.right) return null
    return <span key={seq} className={styles.arrival} style={{ left, top }} aria-hidden />
  })
}
