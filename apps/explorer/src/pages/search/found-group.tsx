import type { Page, SearchHit } from "@spore/api/client"
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { Card } from "../../components/card.tsx"
import { formatCount } from "../../lib/format.ts"
import { MoreButton } from "../task/list-parts.tsx"
import { Hit } from "./hit.tsx"
import styles from "./search-page.module.css"

export type Found = UseInfiniteQueryResult<InfiniteData<Page<SearchHit>>>

/** Shown of a kind beside others. */
const FEW: Record<SearchHit["kind"], number> = { task: 5, profile: 5, experiment: 20 }
const TITLES: Record<SearchHit["kind"], string> = { task: "Tasks", profile: "Nodes", experiment: "Experiments" }

/** What was found of one kind: all of it page by page where it stands alone, else its newest. */
export function FoundGroup({
  q,
  kind,
  found,
  isAlone,
}: {
  q: string
  kind: SearchHit["kind"]
  found: Found
  isAlone: boolean
}): ReactNode {
  const hits = found.data?.pages.flatMap((page) => page.items) ?? []
  const shown = isAlone ? hits : hits.slice(0, FEW[kind])
  const hasMore = found.hasNextPage || shown.length < hits.length
  return (
    <Card title={TITLES[kind]} aside={`${formatCount(shown.length)}${hasMore ? ", newest first" : ""}`} flush>
      <ul className={styles.list}>
        {shown.map((hit) => (
          <li key={keyOf(hit)} className={styles.hit}>
            <Hit hit={hit} q={q} />
          </li>
        ))}
      </ul>
      {hasMore && isAlone && (
        <MoreButton
          onMore={() => void found.fetchNextPage()}
          isLoading={found.isFetchingNextPage}
          shown={formatCount(shown.length)}
        />
      )}
      {hasMore && !isAlone && (
        <p className={styles.all}>
          <Link to="/search" search={{ q, kind }}>
            All {TITLES[kind].toLowerCase()} with these words
          </Link>
        </p>
      )}
    </Card>
  )
}

function keyOf(hit: SearchHit): string {
  return hit.kind === "experiment" ? hit.experiment.id : hit.kind === "task" ? hit.id : hit.profile.node
}
