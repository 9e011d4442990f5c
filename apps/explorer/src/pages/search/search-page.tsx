import { type SearchHit, SporeApiError } from "@spore/api/client"
import { useInfiniteQuery, useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { type KeyboardEvent, type ReactNode, useRef } from "react"
import { queries } from "../../api.ts"
import { Empty, Failure, Loading } from "../../components/states.tsx"
import { useTitle } from "../../components/use-title.ts"
import { VisibleText } from "../../components/visible-text.tsx"
import { useKeys } from "../../keys/use-keys.tsx"
import { clip, visibleText } from "../../lib/text.ts"
import styles from "../page.module.css"
import { type Found, FoundGroup } from "./found-group.tsx"
import { moveAmongHits } from "./move-among-hits.ts"
import searchStyles from "./search-page.module.css"
import type { SearchPageQuery } from "./search-query.ts"

const route = getRouteApi("/search")
/** Few of a kind come first. */
const GROUPS: readonly SearchHit["kind"][] = ["task", "profile", "experiment"]
const KIND_WORDS: readonly (readonly [SearchHit["kind"] | "", string])[] = [
  ["", "everything"],
  ["task", "tasks"],
  ["profile", "nodes"],
  ["experiment", "experiments"],
]

/** What was found among all that this node stores, by kind. */
export function SearchPage(): ReactNode {
  const query = route.useSearch()
  const { q } = query
  useTitle(q === undefined ? "Search" : `${q} – Search`)
  useKeys([
    { key: "ArrowDown", label: "Next result, from the search box too" },
    { key: "ArrowUp", label: "Result before; from the first to the search box" },
    { key: "Enter", label: "Open the result" },
  ])
  return (
    <div className={styles.page}>
      <h1>Search{q !== undefined && <VisibleText text={`: ${q}`} max={80} />}</h1>
      {q === undefined ? (
        <Empty title="Nothing to search for yet">
          Words of a title, a hypothesis, a task or a node’s own description; or an id, or its beginning. Press / to
          begin.
        </Empty>
      ) : (
        <>
          <Filters query={query} />
          <Results q={q} query={query} />
        </>
      )}
    </div>
  )
}

function Filters({ query }: { query: SearchPageQuery }): ReactNode {
  const navigate = route.useNavigate()
  const tasks = useQuery(queries.tasks())
  const set = (change: SearchPageQuery): void => {
    void navigate({ search: { ...query, ...change }, replace: true, resetScroll: false })
  }
  return (
    <div className={searchStyles.filters}>
      <label>
        Show{" "}
        <select
          value={query.kind ?? ""}
          onChange={({ target }) => {
            const [kind] = KIND_WORDS.find(([each]) => each === target.value) ?? [""]
            // Of tasks and nodes none is of a task.
            set(kind === "" ? { kind: undefined } : kind === "experiment" ? { kind } : { kind, task: undefined })
          }}
        >
          {KIND_WORDS.map(([kind, words]) => (
            <option key={kind} value={kind}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <label>
        Task{" "}
        <select
          value={query.task ?? ""}
          onChange={({ target: { value } }) =>
            set(value === "" ? { task: undefined } : { task: value, kind: "experiment" })
          }
        >
          <option value="">any</option>
          {(tasks.data?.items ?? []).map((task) => (
            <option key={task.id} value={task.id}>
              {clip(visibleText(task.name), 48)}
            </option>
          ))}
        </select>
      </label>
    </div>
  )
}

function Results({ q, query }: { q: string; query: SearchPageQuery }): ReactNode {
  const list = useRef<HTMLDivElement>(null)
  const { task, kind = task === undefined ? undefined : "experiment" } = query
  const asks = (each: SearchHit["kind"]): boolean => kind === undefined || kind === each
  const found: Record<SearchHit["kind"], Found> = {
    task: useInfiniteQuery({ ...queries.search(q, "task", undefined), enabled: asks("task") }),
    profile: useInfiniteQuery({ ...queries.search(q, "profile", undefined), enabled: asks("profile") }),
    experiment: useInfiniteQuery({ ...queries.search(q, "experiment", task), enabled: asks("experiment") }),
  }
  const groups = GROUPS.filter(asks)
  const failed = groups.map((each) => found[each].error).find((error) => error !== null)
  if (failed !== undefined) {
    const hasNoWord = failed instanceof SporeApiError && failed.code === "bad_query"
    if (hasNoWord) return <Empty title="A search needs a word">Give letters or digits.</Empty>
    return <Failure error={failed} retry={() => groups.forEach((each) => void found[each].refetch())} />
  }
  // All at once, so that none that comes later moves another.
  if (groups.some((each) => found[each].data === undefined)) return <Loading lines={6} height={320} />
  const filled = groups.filter((each) => (found[each].data?.pages[0]?.items.length ?? 0) > 0)
  if (filled.length === 0) {
    return (
      <Empty title="Nothing here has these words">The last word may be a beginning, the others must be whole.</Empty>
    )
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (list.current !== null && moveAmongHits(event.key, list.current)) event.preventDefault()
  }
  return (
    // The links inside are what is used; arrows only move between them.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div ref={list} className={searchStyles.groups} data-hits onKeyDown={onKeyDown}>
      {filled.map((each) => (
        <FoundGroup key={each} q={q} kind={each} found={found[each]} isAlone={kind !== undefined} />
      ))}
    </div>
  )
}
