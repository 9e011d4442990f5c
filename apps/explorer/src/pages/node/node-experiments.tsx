import { useInfiniteQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useState } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { ExperimentName, NetworkBadge } from "../../components/experiment-name.tsx"
import { StatusMark, VerdictBadge } from "../../components/shapes.tsx"
import { Failure } from "../../components/states.tsx"
import tableStyles from "../../components/table.module.css"
import { Ago } from "../../components/time.tsx"
import { formatCount } from "../../lib/format.ts"
import { scoreWords } from "../../lib/words.ts"
import styles from "./node-reruns.module.css"
import { MoreButton, NewPill, useNewSince } from "../task/list-parts.tsx"

/** Rows shown before the reader asks for more. */
const FIRST_ROWS = 12

/** What a node tried, newest first, page by page. Absent where it tried nothing. */
export function NodeExperiments({ nodeId, total }: { nodeId: string; total: number }): ReactNode {
  const recent = useInfiniteQuery(queries.experiments({ node: nodeId, sort: "newest" }))
  const [arrived, rebase] = useNewSince(total, recent.data?.pages[0])
  const [isOpen, setOpen] = useState(false)
  const rows = recent.data?.pages.flatMap((page) => page.items) ?? []
  if (recent.isError) return <Failure error={recent.error} retry={() => void recent.refetch()} />
  if (rows.length === 0) return null
  const shown = isOpen ? rows : rows.slice(0, FIRST_ROWS)
  const hasMore = shown.length < rows.length || recent.hasNextPage
  return (
    <Card title="Newest experiments" flush>
      <NewPill
        count={arrived}
        noun="experiment"
        onShow={() => void recent.refetch().then(rebase)}
        isLoading={recent.isRefetching}
      />
      <div className={tableStyles.scroll}>
        <table className={tableStyles.table}>
          <thead>
            <tr>
              <th scope="col">Experiment</th>
              <th scope="col" className={tableStyles.number}>
                Value
              </th>
              <th scope="col">Status</th>
              <th scope="col">Reruns say</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.id}>
                <td className={styles.title}>
                  <Link to="/e/$experimentId" params={{ experimentId: row.id }}>
                    <ExperimentName row={row} max={80} />
                  </Link>
                  <NetworkBadge of={row} />
                </td>
                {/* Of many tasks: the digits are those of the value itself. */}
                <td className={tableStyles.number}>{scoreWords(row, { min_effect: 0 })}</td>
                <td>
                  <StatusMark row={row} />
                </td>
                <td>{row.value !== null && <VerdictBadge row={row} explanation={row.explanation} />}</td>
                <td>
                  <Ago time={row.created} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {hasMore && (
        <MoreButton
          onMore={() => {
            if (isOpen) void recent.fetchNextPage()
            setOpen(true)
          }}
          isLoading={recent.isFetchingNextPage}
          shown={formatCount(shown.length)}
        />
      )}
    </Card>
  )
}
