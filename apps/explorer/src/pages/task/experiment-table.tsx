import type { Experiment, Page, TaskDetail } from "@spore/api/client"
import { getRouteApi } from "@tanstack/react-router"
import { type ReactNode, type RefObject, useMemo } from "react"
import type { GraphModel } from "../../chart/model.ts"
import tableStyles from "../../components/table.module.css"
import { VisibleText } from "../../components/visible-text.tsx"
import { ExperimentRow } from "./experiment-row.tsx"
import styles from "./experiment-table.module.css"
import { RowChunk } from "./row-chunk.tsx"
import type { TaskSearch } from "./task-search.ts"
import { onTableKey } from "./use-row-keys.ts"

const route = getRouteApi("/t/$taskId")

const COLUMNS = 10
const FIRST_ROWS = 12

/** Rows in the order in which they were loaded; what changes of them since changes in place. */
export function ExperimentTable({
  ref,
  task,
  pages,
  graph,
  picks,
  onPick,
  isWhole,
}: {
  ref: RefObject<HTMLTableElement | null>
  task: TaskDetail
  pages: readonly Page<Experiment>[]
  graph: GraphModel | undefined
  picks: readonly Experiment[]
  onPick: (row: Experiment) => void
  /** Without it, the first few alone: as many as a window shows of them. */
  isWhole: boolean
}): ReactNode {
  const { sort } = route.useSearch()
  const picked = useMemo(() => new Set(picks.map(({ id }) => id)), [picks])
  const row = (one: Experiment): ReactNode => {
    const point = graph?.bySeq.get(one.seq)
    return (
      <ExperimentRow
        key={one.id}
        row={one}
        point={point}
        parent={graph?.bySeq.get(point?.parent ?? 0)}
        metric={task.metric}
        isPicked={picked.has(one.id)}
        onPick={onPick}
      />
    )
  }
  return (
    <div className={styles.scroll}>
      {/* Roles are repeated, since a phone's layout takes them from a table. */}
      <table
        ref={ref}
        role="table"
        aria-label="Experiments"
        className={`${tableStyles.table} ${styles.table}`}
        onKeyDown={(event) => {
          if (onTableKey(ref.current, event.key)) event.preventDefault()
        }}
      >
        <thead>
          <tr role="row">
            <th scope="col" role="columnheader" className={styles.pickColumn}>
              <span className="visually-hidden">Pick</span>
            </th>
            <SortHeader
              width={styles.indexColumn}
              sorted={sort === undefined ? "descending" : sort === "oldest" ? "ascending" : "none"}
              to={sort === undefined ? "oldest" : undefined}
              title="In the order in which this node stored them"
            >
              #
            </SortHeader>
            <th scope="col" role="columnheader">
              Experiment
            </th>
            <SortHeader
              width={styles.valueColumn}
              sorted={sort !== "best" ? "none" : task.metric.goal === "minimize" ? "ascending" : "descending"}
              to={sort === "best" ? undefined : "best"}
              title="Best first"
            >
              <VisibleText text={task.metric.name} max={24} />
            </SortHeader>
            <th
              scope="col"
              role="columnheader"
              className={`${tableStyles.number} ${styles.changeColumn}`}
              title="Change of the value, and the number of what it changes"
            >
              To parent
            </th>
            <th scope="col" role="columnheader" className={styles.statusColumn}>
              Status
            </th>
            <th scope="col" role="columnheader" className={styles.verdictColumn}>
              Reruns say
            </th>
            <th scope="col" role="columnheader" className={styles.nodeColumn}>
              Node
            </th>
            <th scope="col" role="columnheader" className={`${styles.wide} ${styles.agentColumn}`}>
              Proposed by
            </th>
            <th scope="col" role="columnheader" className={styles.whenColumn}>
              When
            </th>
          </tr>
        </thead>
        {pages.map(({ items }) => (
          <RowChunk key={items[0]?.id} columns={COLUMNS}>
            {() => (isWhole ? items : items.slice(0, FIRST_ROWS)).map(row)}
          </RowChunk>
        ))}
      </table>
    </div>
  )
}

function SortHeader({
  children,
  width,
  sorted,
  to,
  title,
}: {
  children: ReactNode
  width: string | undefined
  sorted: "ascending" | "descending" | "none"
  to: TaskSearch["sort"]
  title: string
}): ReactNode {
  const navigate = route.useNavigate()
  return (
    <th scope="col" role="columnheader" aria-sort={sorted} className={`${tableStyles.number} ${width}`}>
      <button
        type="button"
        className={styles.sort}
        title={title}
        onClick={() => {
          void navigate({ search: (old) => ({ ...old, sort: to }), replace: true, resetScroll: false })
        }}
      >
        {children}
        <span className={styles.arrow} aria-hidden>
          {sorted === "none" ? "↕" : sorted === "ascending" ? "↑" : "↓"}
        </span>
      </button>
    </th>
  )
}
