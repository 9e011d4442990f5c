import { type Experiment, type ExperimentsQuery, type TaskDetail, verdictWords } from "@spore/api/client"
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import { type ReactNode, useContext, useEffect } from "react"
import { queries } from "../../api.ts"
import { HoverContext, useIsHovered } from "../../chart/hover.ts"
import type { GraphModel } from "../../chart/model.ts"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { NodeName } from "../../components/ids.tsx"
import { ShapeIcon, shapeOf, statusWords, VerdictBadge } from "../../components/shapes.tsx"
import { Empty, Failure, Loading } from "../../components/states.tsx"
import tableStyles from "../../components/table.module.css"
import { Ago } from "../../components/time.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount, formatDelta, gainOver } from "../../lib/format.ts"
import { scoreWords } from "../../lib/words.ts"
import { useLive } from "../../live/use-live.tsx"
import { Filters } from "./filters.tsx"
import { MoreButton, NewPill, useNewSince } from "./list-parts.tsx"
import styles from "./experiments-tab.module.css"
import type { TaskSearch } from "./task-search.ts"

const route = getRouteApi("/t/$taskId")

/** The experiments as a table: what the chart shows, for reading, filtering and the keyboard. */
export function ExperimentsTab({ task, hardwareClass }: { task: TaskDetail; hardwareClass: string }): ReactNode {
  const search = route.useSearch()
  const queryClient = useQueryClient()
  const list = useInfiniteQuery(queries.experiments(queryOf(task.id, hardwareClass, search)))
  const { data: graph } = useQuery(queries.graph(queryClient, task.id, hardwareClass))
  const { arrivals } = useLive()
  const [arrived, rebase] = useNewSince(arrivals.get(task.id) ?? 0, list.data?.pages[0])
  const showNew = (): void => {
    void list.refetch().then(rebase)
  }
  const rows = list.data?.pages.flatMap((page) => page.items) ?? []
  const isEmpty = list.data !== undefined && rows.length === 0
  useEffect(() => {
    // Nothing is being read that could move.
    if (isEmpty && arrived > 0) void list.refetch()
  }, [isEmpty, arrived, list])
  return (
    <>
      <Filters task={task} />
      <div className={styles.frame}>
        <NewPill count={arrived} noun="experiment" onShow={showNew} isLoading={list.isRefetching} />
        {list.isError ? (
          <Failure error={list.error} retry={() => void list.refetch()} />
        ) : list.data === undefined ? (
          <Loading lines={8} height={480} />
        ) : rows.length === 0 ? (
          <NoRows search={search} />
        ) : (
          <div className={tableStyles.scroll}>
            <table className={`${tableStyles.table} ${styles.table}`}>
              <thead>
                <tr>
                  <th scope="col" className={tableStyles.number}>
                    #
                  </th>
                  <th scope="col">Experiment</th>
                  <th scope="col" className={tableStyles.number}>
                    <VisibleText text={task.metric.name} max={24} />
                  </th>
                  <th scope="col" className={tableStyles.number}>
                    To parent
                  </th>
                  <th scope="col">Status</th>
                  <th scope="col">Reruns say</th>
                  <th scope="col">Node</th>
                  <th scope="col">Proposed by</th>
                  <th scope="col">When</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <Row key={row.id} row={row} task={task} graph={graph} />
                ))}
              </tbody>
            </table>
          </div>
        )}
        {list.hasNextPage && (
          <MoreButton
            onMore={() => void list.fetchNextPage()}
            isLoading={list.isFetchingNextPage}
            shown={formatCount(rows.length)}
          />
        )}
      </div>
    </>
  )
}

function Row({ row, task, graph }: { row: Experiment; task: TaskDetail; graph: GraphModel | undefined }): ReactNode {
  const hover = useContext(HoverContext)
  const isHovered = useIsHovered(row.seq)
  // The graph is kept fresh by events: rows change in place, without moving.
  const now = { ...row, ...graph?.bySeq.get(row.seq) }
  const parent = graph?.bySeq.get(graph.bySeq.get(row.seq)?.parent ?? 0)
  const gain = gainOver(parent?.value, now.value, task.metric.goal)
  // Of what has been judged anew since the list was loaded, the sentence is not known.
  const explanation = verdictWords(now) === verdictWords(row) ? row.explanation : undefined
  return (
    <tr
      className={isHovered ? styles.hovered : undefined}
      onPointerEnter={() => hover.set(row.seq)}
      onPointerLeave={() => hover.set(null)}
      onFocus={() => hover.set(row.seq)}
      onBlur={() => hover.set(null)}
    >
      <td className={`${tableStyles.number} ${styles.index}`}>
        <span>
          <ShapeIcon shape={shapeOf(now)} />
          {graph?.bySeq.get(row.seq)?.number ?? ""}
        </span>
      </td>
      <td className={styles.title}>
        <Link to="/e/$experimentId" params={{ experimentId: row.id }}>
          <ExperimentName row={row} max={90} />
        </Link>
      </td>
      <td className={`${tableStyles.number} ${now.value === null ? styles.muted : styles.value}`}>
        {scoreWords(now, task.metric)}
      </td>
      <td className={`${tableStyles.number} ${gain?.isBetter === true ? styles.better : styles.muted}`}>
        {gain === null ? "" : formatDelta(gain.delta, task.metric)}
      </td>
      <td className={styles.status}>{statusWords(now)}</td>
      <td>{now.value === null ? "" : <VerdictBadge row={now} explanation={explanation} />}</td>
      <td>
        <NodeName id={row.node} />
      </td>
      <td className={styles.agent}>
        <VisibleText text={row.agent} max={24} />
      </td>
      <td className={styles.when}>
        <Ago time={row.created} />
      </td>
    </tr>
  )
}

function NoRows({ search }: { search: TaskSearch }): ReactNode {
  const isFiltered = search.status !== undefined || search.verified !== undefined || search.node !== undefined
  if (!isFiltered) return <Empty title="No experiment yet">The first appears here when it has run.</Empty>
  return (
    <Empty title="No experiment is like this">
      <Link
        from="/t/$taskId"
        to="/t/$taskId"
        search={(old) => ({ ...old, status: undefined, verified: undefined, node: undefined })}
        resetScroll={false}
      >
        Show all
      </Link>
    </Empty>
  )
}

function queryOf(task: string, hardwareClass: string, search: TaskSearch): ExperimentsQuery {
  return {
    task,
    class: hardwareClass,
    sort: search.sort ?? "newest",
    ...(search.status === undefined ? {} : { status: search.status }),
    ...(search.verified === undefined ? {} : { verified: search.verified }),
    ...(search.node === undefined ? {} : { node: search.node }),
  }
}
