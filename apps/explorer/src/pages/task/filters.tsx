import { STATUSES, type TaskDetail, shortId } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { STATUS_WORDS } from "../../lib/words.ts"
import styles from "./filters.module.css"
import type { TaskSearch } from "./task-search.ts"

const route = getRouteApi("/t/$taskId")

/** What of the experiments is listed; kept in the URL. */
export function Filters({ task }: { task: TaskDetail }): ReactNode {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { data: nodes } = useQuery(queries.nodes(task.id))
  const set = (change: TaskSearch): void => {
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false })
  }
  return (
    <div className={styles.filters} role="group" aria-label="Filters">
      <Select
        label="Status"
        value={search.status ?? ""}
        options={STATUSES.map((status) => [status, STATUS_WORDS[status]] as const)}
        any="any"
        onChoose={(value) => set({ status: STATUSES.find((status) => status === value) })}
      />
      <Select
        label="Reruns"
        value={search.verified === undefined ? "" : search.verified ? "yes" : "no"}
        options={[
          ["yes", "reproduced or upheld"],
          ["no", "neither"],
        ]}
        any="any"
        onChoose={(value) => set({ verified: value === "" ? undefined : value === "yes" })}
      />
      <Select
        label="Node"
        value={search.node ?? ""}
        options={(nodes?.items ?? []).map(
          ({ id, experiments, self }) => [id, `${shortId(id)}${self ? ", this node" : ""} (${experiments})`] as const,
        )}
        any="all"
        onChoose={(value) => set({ node: value === "" ? undefined : value })}
      />
      <Select
        label="Order"
        value={search.sort ?? ""}
        options={[
          ["best", "best first"],
          ["oldest", "oldest first"],
        ]}
        any="newest first"
        onChoose={(value) => set({ sort: value === "best" || value === "oldest" ? value : undefined })}
      />
    </div>
  )
}

function Select({
  label,
  value,
  options,
  any,
  onChoose,
}: {
  label: string
  value: string
  options: readonly (readonly [string, string])[]
  any: string
  onChoose: (value: string) => void
}): ReactNode {
  return (
    <label className={styles.filter}>
      <span>{label}</span>
      <select value={value} onChange={(event) => onChoose(event.target.value)} data-set={value !== ""}>
        <option value="">{any}</option>
        {options.map(([key, words]) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
    </label>
  )
}
