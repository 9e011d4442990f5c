import type { Experiment, ExperimentsQuery, TaskDetail } from "@spore/api/client"
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react"
import { queries } from "../../api.ts"
import { DownloadMenu } from "../../components/download-menu.tsx"
import { Empty, Failure, Loading } from "../../components/states.tsx"
import { useAfterPaint } from "../../components/use-after-paint.ts"
import { formatCount } from "../../lib/format.ts"
import { taskArgument } from "../../lib/words.ts"
import { ComparePicked } from "./compare-picked.tsx"
import { ExperimentTable } from "./experiment-table.tsx"
import { experimentsTable } from "./exports.ts"
import { countChoices, isFiltered, listedFrom, queryOf } from "./filter.ts"
import { FilterChips, Filters } from "./filters.tsx"
import { MoreButton, NewPill } from "./list-parts.tsx"
import styles from "./experiments-tab.module.css"
import { useArrivals } from "./use-arrivals.ts"
import { useRowKeys } from "./use-row-keys.ts"

const route = getRouteApi("/t/$taskId")

/** Experiments that are compared with each other. */
const PICKS = 2

/** The experiments as a table: what the chart shows, for reading, filtering and the keyboard. */
export function ExperimentsTab({ task, hardwareClass }: { task: TaskDetail; hardwareClass: string }): ReactNode {
  const search = route.useSearch()
  const queryClient = useQueryClient()
  const query: ExperimentsQuery = {
    task: task.id,
    class: hardwareClass,
    sort: search.sort ?? "newest",
    ...queryOf(search),
  }
  const list = useInfiniteQuery(queries.experiments(query))
  const { data: graph, isPending } = useQuery(queries.graph(queryClient, task.id, hardwareClass))
  // The chart above is drawn before rows that nobody sees yet, and counts. Who comes back scrolls to where they were.
  const isListed = list.data !== undefined
  const isWhole = useAfterPaint(isListed && !isPending, isListed)
  const counted = isWhole ? graph : undefined
  const choices = useMemo(() => counted && countChoices(listedFrom(counted, 0), search), [counted, search])
  const [arrived, rebase] = useArrivals(list.data?.pages[0], graph, search)
  const [picks, togglePick, clearPicks] = usePicks()
  const table = useRef<HTMLTableElement>(null)

  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data])
  const isEmpty = list.data !== undefined && rows.length === 0
  useEffect(() => {
    // Nothing is being read that could move.
    if (isEmpty && arrived > 0) void list.refetch()
  }, [isEmpty, arrived, list])
  useRowKeys(table, {
    onPick: (id) => {
      const row = rows.find((one) => one.id === id)
      if (row !== undefined) togglePick(row)
    },
    onEnd: () => {
      if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
    },
  })
  const showNew = (): void => {
    void list.refetch().then(rebase)
  }
  return (
    <div className={styles.part}>
      <div className={styles.tools}>
        <Filters task={task} choices={choices} />
        <DownloadMenu table={experimentsTable(task, query)} />
      </div>
      <FilterChips task={task} />
      <div className={styles.frame}>
        <NewPill count={arrived} noun="experiment" onShow={showNew} isLoading={list.isRefetching} />
        {list.isError ? (
          <Failure error={list.error} retry={() => void list.refetch()} />
        ) : list.data === undefined ? (
          <div className={styles.loading}>
            <Loading lines={12} height={480} />
          </div>
        ) : rows.length === 0 ? (
          <NoRows task={task} isFiltered={isFiltered(search)} />
        ) : (
          <ExperimentTable
            ref={table}
            task={task}
            pages={list.data.pages}
            graph={graph}
            picks={picks}
            onPick={togglePick}
            isWhole={isWhole}
          />
        )}
        {rows.length > 0 && (
          <MoreButton
            onMore={list.hasNextPage ? () => void list.fetchNextPage() : null}
            isLoading={list.isFetchingNextPage}
            shown={shownWords(rows.length, choices?.listed, list.hasNextPage)}
          />
        )}
      </div>
      {picks.length > 0 && <ComparePicked picks={picks} most={PICKS} onClear={clearPicks} />}
    </div>
  )
}

/** Up to two experiments; a third takes the place of the first. */
function usePicks(): [readonly Experiment[], (row: Experiment) => void, () => void] {
  const [picks, setPicks] = useState<readonly Experiment[]>([])
  const toggle = useCallback((row: Experiment) => {
    setPicks((old) => {
      const others = old.filter(({ id }) => id !== row.id)
      return others.length < old.length ? others : [...others, row].slice(-PICKS)
    })
  }, [])
  return [picks, toggle, () => setPicks([])]
}

function shownWords(shown: number, listed: number | undefined, hasMore: boolean): string {
  // The chart's numbers may be a moment behind the list.
  const isKnown = hasMore && listed !== undefined && listed > shown
  return isKnown ? `${formatCount(shown)} of ${formatCount(listed)}` : formatCount(shown)
}

function NoRows({ task, isFiltered: hasFilter }: { task: TaskDetail; isFiltered: boolean }): ReactNode {
  if (hasFilter) return <Empty title="No experiment is like this">Take a filter away to see more.</Empty>
  return (
    <Empty
      title="No experiment yet"
      {...(task.network === "spore" ? { command: `spore run --task ${taskArgument(task)}` } : {})}
    >
      The first appears here when it has run.
    </Empty>
  )
}
