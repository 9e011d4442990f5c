import { type SearchHit, SporeApiError } from "@spore/api/client"
import { useInfiniteQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../api.ts"
import { Card } from "../components/card.tsx"
import { ExperimentName, NetworkBadge } from "../components/experiment-name.tsx"
import { NodeName } from "../components/ids.tsx"
import { VerdictBadge } from "../components/shapes.tsx"
import { Empty, Failure, Loading } from "../components/states.tsx"
import { Ago } from "../components/time.tsx"
import { useTitle } from "../components/use-title.ts"
import { VisibleText } from "../components/visible-text.tsx"
import { formatCount } from "../lib/format.ts"
import { scoreWords } from "../lib/words.ts"
import styles from "./page.module.css"
import searchStyles from "./search-page.module.css"
import { MoreButton } from "./task/list-parts.tsx"

const route = getRouteApi("/search")

/** What was found among all that this node stores. */
export function SearchPage(): ReactNode {
  const { q } = route.useSearch()
  useTitle(q === undefined ? "Search" : `${q} – Search`)
  return (
    <div className={styles.page}>
      <h1>Search{q !== undefined && <VisibleText text={`: ${q}`} max={80} />}</h1>
      {q === undefined ? (
        <Empty title="Nothing to search for yet">
          Words of a title, a hypothesis, a task or a node’s own description. Press / to begin.
        </Empty>
      ) : (
        <Results q={q} />
      )}
    </div>
  )
}

function Results({ q }: { q: string }): ReactNode {
  const found = useInfiniteQuery(queries.search(q))
  if (found.isError) {
    const hasNoWord = found.error instanceof SporeApiError && found.error.code === "bad_query"
    if (hasNoWord) return <Empty title="A search needs a word">Give letters or digits.</Empty>
    return <Failure error={found.error} retry={() => void found.refetch()} />
  }
  if (found.data === undefined) return <Loading lines={6} height={320} />
  const hits = found.data.pages.flatMap((page) => page.items)
  if (hits.length === 0) {
    return (
      <Empty title="Nothing here has these words">The last word may be a beginning, the others must be whole.</Empty>
    )
  }
  return (
    <Card flush>
      <ul className={searchStyles.list}>
        {hits.map((hit) => (
          <li key={keyOf(hit)} className={searchStyles.hit}>
            <Hit hit={hit} />
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <MoreButton
          onMore={() => void found.fetchNextPage()}
          isLoading={found.isFetchingNextPage}
          shown={formatCount(hits.length)}
        />
      )}
    </Card>
  )
}

function keyOf(hit: SearchHit): string {
  return hit.kind === "experiment" ? hit.experiment.id : hit.kind === "task" ? hit.id : hit.profile.node
}

function Hit({ hit }: { hit: SearchHit }): ReactNode {
  switch (hit.kind) {
    case "experiment":
      return <ExperimentHit hit={hit} />
    case "task":
      return (
        <>
          <span className={searchStyles.kind}>task</span>
          <span className={searchStyles.title}>
            <Link to="/t/$taskId" params={{ taskId: hit.id }}>
              <VisibleText text={hit.name} max={64} />
            </Link>
            <NetworkBadge of={hit} />
            <span className={searchStyles.note}>
              <VisibleText text={hit.description} max={140} />
            </span>
          </span>
        </>
      )
    case "profile":
      return (
        <>
          <span className={searchStyles.kind}>node</span>
          <span className={searchStyles.title}>
            <NodeName id={hit.profile.node} /> <VisibleText text={hit.profile.display_name} max={64} />
            <span className={searchStyles.note}>
              <VisibleText text={hit.profile.bio} max={140} />
            </span>
          </span>
        </>
      )
  }
}

function ExperimentHit({ hit }: { hit: Extract<SearchHit, { kind: "experiment" }> }): ReactNode {
  const { experiment, task_name: taskName, metric } = hit
  return (
    <>
      <span className={searchStyles.kind}>experiment</span>
      <span className={searchStyles.title}>
        <Link to="/e/$experimentId" params={{ experimentId: experiment.id }}>
          <ExperimentName row={experiment} max={100} />
        </Link>
        <NetworkBadge of={experiment} />
        <span className={searchStyles.note}>
          {taskName === null ? (
            "task withheld here"
          ) : (
            <Link to="/t/$taskId" params={{ taskId: experiment.task }}>
              <VisibleText text={taskName} max={64} />
            </Link>
          )}
          {", "}
          <Ago time={experiment.created} />
        </span>
      </span>
      <span className={searchStyles.value}>
        {scoreWords(experiment, metric ?? { min_effect: 0 })}
        {experiment.value !== null && <VerdictBadge row={experiment} explanation={experiment.explanation} />}
      </span>
    </>
  )
}
