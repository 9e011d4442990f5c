import type { Page } from "@spore/api/client"
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query"
import { type ReactNode, useState } from "react"
import { Card } from "../../components/card.tsx"
import { Failure } from "../../components/states.tsx"
import tableStyles from "../../components/table.module.css"
import { formatCount } from "../../lib/format.ts"
import { MoreButton, NewPill, useNewSince } from "../task/list-parts.tsx"

/** Rows shown before the reader asks for more. */
const FIRST_ROWS = 12

export interface NodeListProps<T> {
  title: string
  noun: string
  list: UseInfiniteQueryResult<InfiniteData<Page<T>>>
  /** How many there are by now, which tells of new ones. */
  total: number
  /** What stands above the table, of all rows that are loaded. */
  renderAbove?: (rows: readonly T[]) => ReactNode
  /** Heads of the columns. */
  head: ReactNode
  renderRow: (row: T) => ReactNode
}

/** What a node did, newest first, page by page. Absent where it did nothing. */
export function NodeList<T>({ title, noun, list, total, renderAbove, head, renderRow }: NodeListProps<T>): ReactNode {
  const [arrived, rebase] = useNewSince(total, list.data?.pages[0])
  const [isOpen, setOpen] = useState(false)
  if (list.isError) return <Failure error={list.error} retry={() => void list.refetch()} />
  const rows = list.data?.pages.flatMap((page) => page.items) ?? []
  if (rows.length === 0) return null
  const shown = isOpen ? rows : rows.slice(0, FIRST_ROWS)
  const hasMore = shown.length < rows.length || list.hasNextPage
  return (
    <Card title={title} flush>
      <NewPill
        count={arrived}
        noun={noun}
        onShow={() => void list.refetch().then(rebase)}
        isLoading={list.isRefetching}
      />
      {renderAbove?.(rows)}
      <div className={tableStyles.scroll}>
        <table className={tableStyles.table}>
          <thead>
            <tr>{head}</tr>
          </thead>
          <tbody>{shown.map(renderRow)}</tbody>
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
