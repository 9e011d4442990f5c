import type { Residual } from "@spore/api/client"
import { useInfiniteQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useState } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { VerdictBadge } from "../../components/shapes.tsx"
import { Failure } from "../../components/states.tsx"
import tableStyles from "../../components/table.module.css"
import { Ago } from "../../components/time.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount, formatDelta, formatValue } from "../../lib/format.ts"
import { residualWords } from "../../lib/words.ts"
import { stanceWords } from "../experiment/claim-plot.tsx"
import styles from "./node-reruns.module.css"
import { ResidualPlot } from "./residual-plot.tsx"
import { MoreButton, NewPill, useNewSince } from "../task/list-parts.tsx"

/** Rows shown before the reader asks for all. */
const FIRST_ROWS = 12

/** What a node's reruns found beside the claims they were about, newest first. Absent where it reran nothing. */
export function NodeReruns({ nodeId, total }: { nodeId: string; total: number }): ReactNode {
  const list = useInfiniteQuery(queries.residuals(nodeId))
  const [isOpen, setOpen] = useState(false)
  const [arrived, rebase] = useNewSince(total, list.data?.pages[0])
  if (list.isError) return <Failure error={list.error} retry={() => void list.refetch()} />
  const rows = list.data?.pages.flatMap((page) => page.items) ?? []
  if (rows.length === 0) return null
  const shown = isOpen ? rows : rows.slice(0, FIRST_ROWS)
  const hasMore = shown.length < rows.length || list.hasNextPage
  return (
    <Card title="Reruns beside the claims" flush>
      <NewPill
        count={arrived}
        noun="rerun"
        onShow={() => void list.refetch().then(rebase)}
        isLoading={list.isRefetching}
      />
      <ResidualPlot rows={rows} />
      <div className={tableStyles.scroll}>
        <table className={tableStyles.table}>
          <thead>
            <tr>
              <th scope="col">Experiment</th>
              <th scope="col" className={tableStyles.number}>
                Result
              </th>
              <th scope="col" className={tableStyles.number}>
                To the claim
              </th>
              <th scope="col">Vote</th>
              <th scope="col">All reruns say</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <Row key={row.rerun.id} row={row} />
            ))}
          </tbody>
        </table>
      </div>
      {hasMore && (
        <MoreButton
          onMore={() => {
            if (isOpen) void list.fetchNextPage()
            setOpen(true)
          }}
          isLoading={list.isFetchingNextPage}
          shown={formatCount(shown.length)}
        />
      )}
    </Card>
  )
}

function Row({ row }: { row: Residual }): ReactNode {
  const { rerun, experiment, metric, result, residual } = row
  const delta = result === null || experiment.claim === null ? null : result - experiment.claim
  return (
    <tr>
      <td className={styles.title}>
        <Link to="/e/$experimentId" params={{ experimentId: experiment.id }}>
          <ExperimentName row={experiment} max={80} />
        </Link>
        <small>
          <VisibleText text={row.task_name} max={64} />
        </small>
      </td>
      <td className={tableStyles.number}>{result === null ? "no score" : formatValue(result, metric)}</td>
      <td className={tableStyles.number}>
        {residual !== null ? residualWords(residual) : delta !== null && formatDelta(delta, metric)}
      </td>
      <td className={styles.vote}>{stanceWords(row)}</td>
      <td>{experiment.value !== null && <VerdictBadge row={experiment} explanation={experiment.explanation} />}</td>
      <td className={styles.when}>
        <Ago time={rerun.created} />
      </td>
    </tr>
  )
}
