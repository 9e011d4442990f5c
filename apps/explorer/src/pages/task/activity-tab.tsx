import { FACT_KINDS, type FactKind, type TaskDetail, type TaskFact } from "@spore/api/client"
import { useInfiniteQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { DownloadMenu } from "../../components/download-menu.tsx"
import { Empty, Failure, Loading } from "../../components/states.tsx"
import { formatCount, formatDay } from "../../lib/format.ts"
import { factsOf } from "../../live/live.ts"
import { useLive } from "../../live/use-live.tsx"
import { useNow } from "../../live/use-now.ts"
import styles from "./activity-tab.module.css"
import { Choice } from "./choice.tsx"
import { factsTable } from "./exports.ts"
import { FactLine } from "./fact-line.tsx"
import { MoreButton, NewPill, useNewSince } from "./list-parts.tsx"

const route = getRouteApi("/t/$taskId")

const KIND_WORDS: Record<FactKind, string> = { experiment: "experiments", rerun: "reruns", challenge: "challenges" }

/** What happened, latest first, by days. */
export function ActivityTab({ task }: { task: TaskDetail }): ReactNode {
  const { kind } = route.useSearch()
  const navigate = route.useNavigate()
  const list = useInfiniteQuery(queries.facts(task.id, kind))
  const { facts } = useLive()
  const [arrived, rebase] = useNewSince(facts.get(factsOf(task.id, kind)) ?? 0, list.data?.pages[0])
  const showNew = (): void => {
    void list.refetch().then(rebase)
  }
  const items = list.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <div className={styles.part}>
      <div className={styles.tools}>
        <Choice
          label="What is listed"
          value={kind ?? "all"}
          options={[["all", "all"], ...FACT_KINDS.map((one) => [one, KIND_WORDS[one]] as const)]}
          onChoose={(value) => {
            const chosen = FACT_KINDS.find((one) => one === value)
            void navigate({ search: (old) => ({ ...old, kind: chosen }), replace: true, resetScroll: false })
          }}
        />
        <DownloadMenu table={factsTable(task, kind)} />
      </div>
      <div className={styles.frame}>
        <NewPill count={arrived} noun={kind ?? "event"} onShow={showNew} isLoading={list.isRefetching} />
        {list.isError ? (
          <Failure error={list.error} retry={() => void list.refetch()} />
        ) : list.data === undefined ? (
          <div className={styles.loading}>
            <Loading lines={10} height={480} />
          </div>
        ) : items.length === 0 ? (
          <Empty title={kind === undefined ? "Nothing has happened yet" : `No ${KIND_WORDS[kind]} yet`} />
        ) : (
          <Days items={items} task={task} />
        )}
        {items.length > 0 && (
          <MoreButton
            onMore={list.hasNextPage ? () => void list.fetchNextPage() : null}
            isLoading={list.isFetchingNextPage}
            shown={formatCount(items.length)}
          />
        )}
      </div>
    </div>
  )
}

/** Facts come in the order in which this node stored them; a day begins anew where another day was in between. */
function Days({ items, task }: { items: readonly TaskFact[]; task: TaskDetail }): ReactNode {
  const now = useNow()
  const days: { day: string; facts: TaskFact[] }[] = []
  for (const fact of items) {
    const day = formatDay(fact.created, now)
    const last = days.at(-1)
    if (last?.day === day) last.facts.push(fact)
    else days.push({ day, facts: [fact] })
  }
  return days.map(({ day, facts }) => (
    <section key={facts[0]?.id} className={styles.day}>
      <h3>{day}</h3>
      <ol>
        {facts.map((fact) => (
          <FactLine key={fact.id} fact={fact} task={task} />
        ))}
      </ol>
    </section>
  ))
}
