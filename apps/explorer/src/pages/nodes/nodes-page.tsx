import { useInfiniteQuery, useQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { NodeTable } from "../../components/node-table.tsx"
import { Failure, Loading } from "../../components/states.tsx"
import { useTitle } from "../../components/use-title.ts"
import { formatCount } from "../../lib/format.ts"
import pageStyles from "../page.module.css"
import { MoreButton, NewPill, useNewSince } from "../task/list-parts.tsx"

/** Everybody who contributed: one key, one node. */
export function NodesPage(): ReactNode {
  useTitle("Nodes")
  const nodes = useInfiniteQuery(queries.contributors())
  const stats = useQuery(queries.stats())
  const [arrived, rebase] = useNewSince(
    stats.data?.nodes ?? 0,
    stats.data === undefined ? undefined : nodes.data?.pages[0],
  )
  const rows = nodes.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <div className={pageStyles.page}>
      <header>
        <h1>Nodes</h1>
        <p className={pageStyles.lead}>
          Keys that signed an experiment or a rerun known here. Names are their own, and anyone may take any: the id
          tells them apart.
        </p>
      </header>
      {nodes.isError ? (
        <Failure error={nodes.error} retry={() => void nodes.refetch()} />
      ) : nodes.data === undefined ? (
        <Loading lines={8} height={400} />
      ) : (
        <Card flush>
          <NewPill
            count={arrived}
            noun="node"
            onShow={() => void nodes.refetch().then(rebase)}
            isLoading={nodes.isRefetching}
          />
          <NodeTable nodes={rows} />
          {nodes.hasNextPage && (
            <MoreButton
              onMore={() => void nodes.fetchNextPage()}
              isLoading={nodes.isFetchingNextPage}
              shown={formatCount(rows.length)}
            />
          )}
        </Card>
      )}
    </div>
  )
}
