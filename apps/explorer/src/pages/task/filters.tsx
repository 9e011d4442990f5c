import { shortId, STATUSES, type TaskDetail, VERDICTS } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { type ReactNode, useId } from "react"
import { queries } from "../../api.ts"
import { formatCount } from "../../lib/format.ts"
import { clip, visibleText } from "../../lib/text.ts"
import { STATUS_WORDS } from "../../lib/words.ts"
import { type Choices, type Filter, isFiltered, NO_FILTER } from "./filter.ts"
import styles from "./filters.module.css"
import type { TaskSearch } from "./task-search.ts"

const route = getRouteApi("/t/$taskId")

const VERIFIED = "reproduced or upheld"
const NOT_VERIFIED = "neither reproduced nor upheld"
const MAX_NAME = 24

/** A value of a filter, its words, and how many it lists; null while that is not known. */
type Option = readonly [value: string, words: string, count: number | null]

/** What of the experiments is listed, in the URL; beside each value how many there are. */
export function Filters({ task, choices }: { task: TaskDetail; choices: Choices | undefined }): ReactNode {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const nameOf = useNodeNames(task.id)
  const set = (change: TaskSearch): void => {
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false })
  }
  const status = STATUSES.map((one): Option => [one, STATUS_WORDS[one], countOf(choices?.status, one)])
  return (
    <div className={styles.filters} role="group" aria-label="Filters">
      <Select
        label="Status"
        value={search.status ?? ""}
        any="any"
        options={status}
        onChoose={(value) => set({ status: STATUSES.find((one) => one === value) })}
      />
      <Select
        label="Reruns say"
        value={verdictValue(search)}
        any="anything"
        options={verdictOptions(choices)}
        onChoose={(value) => set(verdictChange(value))}
      />
      <Select
        label="Node"
        value={search.node ?? ""}
        any="all"
        options={nodeOptions(choices, search.node, nameOf)}
        onChoose={(value) => set({ node: value === "" ? undefined : value })}
      />
      <div className={styles.order}>
        <Select
          label="Order"
          value={search.sort ?? ""}
          any="newest first"
          options={[
            ["oldest", "oldest first", null],
            ["best", "best first", null],
          ]}
          onChoose={(value) => set({ sort: value === "best" || value === "oldest" ? value : undefined })}
        />
      </div>
    </div>
  )
}

/** The filters that are set, each with a button that takes it away. */
export function FilterChips({ task }: { task: TaskDetail }): ReactNode {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const nameOf = useNodeNames(task.id)
  if (!isFiltered(search)) return null
  const set = (change: Filter): void => {
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false })
  }
  const { status, verdict, verified, node } = search
  return (
    <ul className={styles.chips} aria-label="Filters that are set">
      {status !== undefined && <Chip words={STATUS_WORDS[status]} onRemove={() => set({ status: undefined })} />}
      {(verdict ?? verified) !== undefined && (
        <Chip
          words={verdict ?? (verified === true ? VERIFIED : NOT_VERIFIED)}
          onRemove={() => set({ verdict: undefined, verified: undefined })}
        />
      )}
      {node !== undefined && <Chip words={nameOf(node)} onRemove={() => set({ node: undefined })} />}
      <li>
        <button type="button" className={styles.all} onClick={() => set(NO_FILTER)}>
          Show all
        </button>
      </li>
    </ul>
  )
}

function Chip({ words, onRemove }: { words: string; onRemove: () => void }): ReactNode {
  return (
    <li className={styles.chip}>
      <bdi>{words}</bdi>
      <button type="button" aria-label={`Remove the filter ${words}`} onClick={onRemove}>
        ×
      </button>
    </li>
  )
}

/** Names of the nodes of a task, as plain text, the short id always with them. */
function useNodeNames(task: string): (id: string) => string {
  const { data: nodes } = useQuery(queries.nodes(task))
  const byId = new Map(nodes?.items.map((node) => [node.id, node]))
  return (id) => {
    const { name = null, self = false } = byId.get(id) ?? {}
    const shown = name === null ? "" : `${clip(visibleText(name), MAX_NAME)} `
    return `${shown}${shortId(id)}${self ? ", this node" : ""}`
  }
}

function countOf<Key>(counts: ReadonlyMap<Key, number> | undefined, key: Key): number | null {
  return counts === undefined ? null : (counts.get(key) ?? 0)
}

function verdictValue({ verdict, verified }: Filter): string {
  return verdict ?? (verified === undefined ? "" : verified ? "yes" : "no")
}

function verdictChange(value: string): Filter {
  const verified = value === "yes" ? true : value === "no" ? false : undefined
  return { verified, verdict: VERDICTS.find((one) => one === value) }
}

function verdictOptions(choices: Choices | undefined): Option[] {
  const all = VERDICTS.map((one): Option => [one, one, countOf(choices?.verdict, one)])
  const total = (names: readonly string[]): number | null =>
    choices === undefined
      ? null
      : all.reduce((sum, [name, , count]) => (names.includes(name) ? sum + (count ?? 0) : sum), 0)
  const verified = ["reproduced", "upheld"]
  const others = VERDICTS.filter((one) => !verified.includes(one))
  return [["yes", VERIFIED, total(verified)], ["no", NOT_VERIFIED, total(others)], ...all]
}

/** Those with most experiments first. */
function nodeOptions(
  choices: Choices | undefined,
  chosen: string | undefined,
  nameOf: (id: string) => string,
): Option[] {
  const counts = new Map(choices?.node)
  if (chosen !== undefined && !counts.has(chosen)) counts.set(chosen, 0)
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([id, count]): Option => [id, nameOf(id), choices === undefined ? null : count])
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
  options: readonly Option[]
  any: string
  onChoose: (value: string) => void
}): ReactNode {
  const id = useId()
  // What nothing is like is not offered, unless it is what was asked for.
  const offered = options.filter(([key, , count]) => count !== 0 || key === value)
  return (
    <div className={styles.filter}>
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={({ target }) => onChoose(target.value)} data-set={value !== ""}>
        <option value="">{any}</option>
        {offered.map(([key, words, count]) => (
          <option key={key} value={key}>
            {count === null ? words : `${words} (${formatCount(count)})`}
          </option>
        ))}
      </select>
    </div>
  )
}
