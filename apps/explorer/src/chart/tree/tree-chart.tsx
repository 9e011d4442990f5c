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
import { formatCount } from "../../lib/format.ts"
import { createCanvasSurface } from "../canvas-surface.ts"
import { ChartShell } from "../chart-shell.tsx"
import { ChartTools } from "../chart-tools.tsx"
import { chartSummary, spokenPoint } from "../chart-words.ts"
import { createHitGrid } from "../hit-grid.ts"
import { HoverContext, useHovered } from "../hover.ts"
import { factsOf, type Layer, TREE_LAYERS } from "../layers.ts"
import type { XAxis } from "../layout.ts"
import { type GraphModel, indexOfSeq, pointAt } from "../model.ts"
import chartStyles from "../progress-chart.module.css"
import { Tooltip } from "../tooltip.tsx"
import { clearedContext, useAppearance, useSize } from "../use-canvas.ts"
import { usePainted } from "../use-painted.ts"
import { drawTree, drawTreePath } from "./draw-tree.ts"
import styles from "./tree-chart.module.css"
import { layoutTree, shownAncestor, tagLeft, type TreeLayout, treePath } from "./tree-layout.ts"
import { walkTree } from "./tree-walk.ts"

const REACH = 14

export interface TreeChartProps {
  taskName: string
  model: GraphModel
  metric: Metric
  xAxis: XAxis
  hidden: ReadonlySet<Layer>
  /** First experiments of opened lanes, by number. */
  opened: readonly number[]
  onOpenLane: (number: number) => void
  onToggle: (layer: Layer) => void
  onOpen: (seq: number) => void
}

/** The kept experiments as a time-scaled tree: which line of work led to the best, and which were left behind. */
export function TreeChart(props: TreeChartProps): ReactNode {
  const { model, metric, xAxis, hidden, opened, onOpen, onOpenLane, onToggle } = props
  const frame = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const overlay = useRef<HTMLCanvasElement>(null)
  const { width } = useSize(frame)
  const appearance = useAppearance(frame)
  const hover = useContext(HoverContext)
  const hovered = useHovered()

  const facts = useMemo(() => factsOf(model, metric.goal), [model, metric.goal])
  const layout = useMemo(
    () => (width === 0 ? null : layoutTree(model, facts, { width, metric, xAxis, opened, hidden })),
    [model, facts, width, metric, xAxis, opened, hidden],
  )
  const grid = useMemo(() => layout && createHitGrid(layout.x, layout.y, layout.shown, layout), [layout])

  useLayoutEffect(() => {
    if (layout === null || appearance === null) return
    const { scale, palette } = appearance
    const ctx = clearedContext(canvas.current, { width: layout.width, height: layout.height, scale })
    if (ctx !== null) drawTree(createCanvasSurface(ctx, scale), layout, palette)
  }, [layout, appearance])
  usePainted(frame, layout !== null && appearance !== null)

  const index = layout === null || hovered === null ? -1 : shownAncestor(layout, indexOfSeq(model.columns.seq, hovered))
  useEffect(() => {
    if (layout === null || appearance === null) return
    const { scale, palette } = appearance
    const ctx = clearedContext(overlay.current, { width: layout.width, height: layout.height, scale })
    if (ctx !== null) drawTreePath(ctx, layout, palette, treePath(layout, index))
  }, [layout, index, appearance])

  const seqAt = (event: PointerEvent): number | undefined => {
    const box = event.currentTarget.getBoundingClientRect()
    return model.columns.seq[grid?.nearest(event.clientX - box.left, event.clientY - box.top, REACH) ?? -1]
  }
  const onPointerUp = (event: PointerEvent): void => {
    const seq = seqAt(event)
    if (seq === undefined || event.button !== 0) return
    // A finger has no hover: its first tap shows, its second opens.
    if (event.pointerType !== "mouse" && hover.get() !== seq) hover.set(seq)
    else onOpen(seq)
  }

  const onKeyDown = (event: KeyboardEvent): void => {
    if (layout === null || event.ctrlKey || event.metaKey || event.altKey) return
    const isAtTag = event.target !== frame.current
    if (event.key === "Enter" && !isAtTag && index >= 0) onOpen(model.columns.seq[index] ?? 0)
    if (event.key === "Escape") hover.set(null)
    if (!event.key.startsWith("Arrow")) return
    event.preventDefault()
    if (isAtTag && event.key !== "ArrowUp") return
    // Back from what is pruned to the end of its lane, and from there down to it.
    if (isAtTag) frame.current?.focus()
    const target = isAtTag ? index : walkTree(layout, index, event.key)
    if (target !== undefined) hover.set(model.columns.seq[target] ?? null)
    else if (event.key === "ArrowDown") {
      frame.current?.querySelector<HTMLElement>(`[data-row="${layout.lanes.rowOf[index]}"]`)?.focus()
    }
  }

  const layers = useMemo(() => ({ of: TREE_LAYERS, counts: facts.counts, hidden, onToggle }), [facts, hidden, onToggle])
  const point = pointAt(model, index)
  return (
    <ChartShell
      layers={layers}
      tools={
        layout !== null &&
        appearance !== null && (
          <ChartTools
            onSave={(format) => {
              void import("../picture/save-chart.ts").then(({ saveTree }) =>
                saveTree(layout, appearance.palette, { task: props.taskName, format }),
              )
            }}
          />
        )
      }
      height={layout?.height}
      hint="Lines of kept experiments, the best’s on top. A number counts what was tried from one and discarded."
    >
      <div
        ref={frame}
        className={chartStyles.frame}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it is interactive: arrows move, Enter opens
        tabIndex={0}
        role="group"
        aria-roledescription="tree"
        aria-label={`${chartSummary(model, facts, metric)} Arrow keys walk through the kept ones: up to the parent, down to the best child, left and right to siblings; Enter opens one. The table below holds the same.`}
        onKeyDown={onKeyDown}
        onBlur={(event) => {
          if (!event.currentTarget.contains(event.relatedTarget)) hover.set(null)
        }}
        onPointerMove={(event) => {
          if (event.pointerType === "mouse") hover.set(seqAt(event) ?? null)
        }}
        onPointerLeave={(event) => {
          if (event.pointerType === "mouse") hover.set(null)
        }}
        onPointerUp={onPointerUp}
        data-points={model.count}
      >
        <canvas ref={canvas} className={chartStyles.canvas} aria-hidden />
        <canvas ref={overlay} className={chartStyles.canvas} aria-hidden />
        {layout !== null && <Tags layout={layout} onOpenLane={onOpenLane} />}
        {layout !== null && point !== undefined && (
          <Tooltip
            model={model}
            metric={metric}
            point={point}
            at={{ x: layout.x[index] ?? 0, y: layout.y[index] ?? 0 }}
            room={layout}
            note={triedWords(layout.lanes.tried[index] ?? 0)}
          />
        )}
        <span className="visually-hidden" aria-live="polite">
          {point === undefined ? "" : `${spokenPoint(point, metric)}, ${triedWords(layout?.lanes.tried[index] ?? 0)}`}
        </span>
      </div>
    </ChartShell>
  )
}

/** What is pruned, at the end of its lane, to be opened. */
function Tags({ layout, onOpenLane }: { layout: TreeLayout; onOpenLane: (number: number) => void }): ReactNode {
  return layout.branches.map((branch) => {
    const { lane, tag, y } = branch
    const head = (lane.nodes[0] ?? 0) + 1
    if (tag === undefined) return null
    const words = `${formatCount(lane.pruned)} more kept branch off from this line: show the best of them`
    return (
      <button
        key={head}
        type="button"
        className={styles.tag}
        style={{ left: tagLeft(branch), top: y }}
        tabIndex={-1}
        data-row={lane.row}
        aria-label={words}
        title={words}
        onPointerUp={(event) => event.stopPropagation()}
        onClick={() => onOpenLane(head)}
      >
        {tag}
      </button>
    )
  })
}

function triedWords(tried: number): string {
  return tried === 0 ? "nothing discarded below it" : `${formatCount(tried)} discarded below it`
}
