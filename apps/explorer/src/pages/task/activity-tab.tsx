import { type TaskDetail, type TaskFact, shortId } from "@spore/api/client"
import { useInfiniteQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { NodeName } from "../../components/ids.tsx"
import { Empty, Failure, Loading } from "../../components/states.tsx"
import { Ago } from "../../components/time.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount, formatValue } from "../../lib/format.ts"
import { OUTCOME_WORDS } from "../../lib/words.ts"
import { useLive } from "../../live/use-live.tsx"
import styles from "./activity-tab.module.css"
import { MoreButton, NewPill, useNewSince } from "./list-parts.tsx"

const VERBS = new Map([
  ["experiment", "tried"],
  ["verification", "reran"],
  ["challenge", "challenged"],
  ["challenge_response", "reran, as a challenge asked,"],
  ["dispute", "closed a challenge of"],
])

/** What happened, latest first. */
export function ActivityTab({ task }: { task: TaskDetail }): ReactNode {
  const list = useInfiniteQuery(queries.facts(task.id))
  const { facts } = useLive()
  const [arrived, rebase] = useNewSince(facts.get(task.id) ?? 0, list.data?.pages[0])
  const showNew = (): void => {
    void list.refetch().then(rebase)
  }
  if (list.isError) return <Failure error={list.error} retry={() => void list.refetch()} />
  if (list.data === undefined) return <Loading lines={8} height={400} />
  const items = list.data.pages.flatMap((page) => page.items)
  return (
    <div className={styles.frame}>
      <NewPill count={arrived} noun="event" onShow={showNew} isLoading={list.isRefetching} />
      {items.length === 0 && <Empty title="Nothing has happened yet" />}
      <ol>
        {items.map((fact) => (
          <Fact key={fact.id} fact={fact} task={task} />
        ))}
      </ol>
      {list.hasNextPage && (
        <MoreButton
          onMore={() => void list.fetchNextPage()}
          isLoading={list.isFetchingNextPage}
          shown={formatCount(items.length)}
        />
      )}
    </div>
  )
}

function outcomeWords(outcome: string | null): string {
  return outcome === null ? "" : (new Map<string, string>(Object.entries(OUTCOME_WORDS)).get(outcome) ?? outcome)
}

function Fact({ fact, task }: { fact: TaskFact; task: TaskDetail }): ReactNode {
  return (
    <li className={styles.fact}>
      <span className={styles.when}>
        <Ago time={fact.created} />
      </span>
      <span className={styles.what}>
        <NodeName id={fact.node} /> {VERBS.get(fact.kind.replace(/^legacy_/, "")) ?? fact.kind}{" "}
        {fact.experiment === null ? (
          <code>{shortId(fact.id)}</code>
        ) : (
          <Link to="/e/$experimentId" params={{ experimentId: fact.experiment }}>
            <VisibleText
              text={fact.title === null || fact.title === "" ? shortId(fact.experiment) : fact.title}
              max={90}
            />
          </Link>
        )}
      </span>
      <span className={styles.result}>
        {fact.value === null ? outcomeWords(fact.outcome) : formatValue(fact.value, task.metric)}
      </span>
    </li>
  )
}
