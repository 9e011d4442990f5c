import type { TaskDetail } from "@spore/api/client"
import { useQuery, useQueryClient } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { lazy, type ReactNode, Suspense, useMemo } from "react"
import { client, queries } from "../../api.ts"
import { ChartShell } from "../../chart/chart-shell.tsx"
import { type Layer, LAYERS, parseLayers } from "../../chart/layers.ts"
import { ProgressChart } from "../../chart/progress-chart.tsx"
import { Card } from "../../components/card.tsx"
import { Empty, Failure, Loading } from "../../components/states.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { taskArgument } from "../../lib/words.ts"
import styles from "./chart-card.module.css"
import { Choice } from "./choice.tsx"
import { layersText, openText, parseOpen, type TaskSearch } from "./task-search.ts"

/** Loaded when it is looked at. */
const TreeChart = lazy(() =>
  import("../../chart/tree/tree-chart.tsx").then((module) => ({ default: module.TreeChart })),
)

const route = getRouteApi("/t/$taskId")

/** The chart of one class of a task, and how it is shown. */
export function ChartCard({ task, hardwareClass }: { task: TaskDetail; hardwareClass: string }): ReactNode {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const queryClient = useQueryClient()
  const graph = useQuery(queries.graph(queryClient, task.id, hardwareClass))
  const hide = search.hide ?? ""
  const hidden = useMemo(() => new Set(parseLayers(hide)), [hide])
  const { from, to } = search
  const range = useMemo(() => (from === undefined || to === undefined ? undefined : ([from, to] as const)), [from, to])
  const openedLanes = search.open ?? ""
  const opened = useMemo(() => parseOpen(openedLanes), [openedLanes])
  const isTree = search.view === "tree"
  const set = (change: Partial<TaskSearch>): void => {
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false })
  }
  const toggle = (layer: Layer): void => {
    set({ hide: layersText(LAYERS.filter((one) => hidden.has(one) !== (one === layer))) })
  }
  const open = (seq: number): void => {
    void client
      .graphPoint(task.id, seq)
      .then(({ id }) => navigate({ to: "/e/$experimentId", params: { experimentId: id } }))
  }
  return (
    <Card
      flush
      title={
        <>
          <VisibleText text={task.metric.name} max={64} /> over the search
        </>
      }
      aside={
        <div className={styles.axes}>
          <Choice
            label="View"
            value={search.view ?? "plot"}
            options={[
              ["plot", "plot"],
              ["tree", "tree"],
            ]}
            onChoose={(view) => set({ view: view === "tree" ? view : undefined })}
          />
          <Choice
            label="Horizontal axis"
            value={search.x ?? "number"}
            options={[
              ["number", "by number"],
              ["time", "by time"],
            ]}
            onChoose={(x) => set({ x: x === "time" ? x : undefined, from: undefined, to: undefined })}
          />
          {!isTree && (
            <Choice
              label="Vertical axis"
              value={search.y ?? "value"}
              options={[
                ["value", "value"],
                ["gap", "log gap to best"],
              ]}
              onChoose={(y) => set({ y: y === "gap" ? y : undefined })}
            />
          )}
        </div>
      }
    >
      {graph.data === undefined ? (
        <ChartShell>
          {graph.isError ? <Failure error={graph.error} retry={() => void graph.refetch()} /> : <Loading lines={0} />}
        </ChartShell>
      ) : graph.data.count === 0 ? (
        <ChartShell>
          <Empty title="No experiment yet" command={`spore run --task ${taskArgument(task)}`}>
            The first is the baseline: it appears here as soon as a node has run it.
          </Empty>
        </ChartShell>
      ) : isTree ? (
        <Suspense
          fallback={
            <ChartShell>
              <Loading lines={0} />
            </ChartShell>
          }
        >
          <TreeChart
            taskName={task.name}
            model={graph.data}
            metric={task.metric}
            xAxis={search.x ?? "number"}
            hidden={hidden}
            opened={opened}
            onOpenLane={(number) => set({ open: openText([...opened, number]) })}
            onToggle={toggle}
            onOpen={open}
          />
        </Suspense>
      ) : (
        <ProgressChart
          taskName={task.name}
          model={graph.data}
          metric={task.metric}
          xAxis={search.x ?? "number"}
          yAxis={search.y ?? "value"}
          range={range}
          hidden={hidden}
          onRange={(shown) => set({ from: shown?.[0], to: shown?.[1] })}
          onToggle={toggle}
          onOpen={open}
        />
      )}
    </Card>
  )
}
