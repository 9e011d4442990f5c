import { useInfiniteQuery } from "@tanstack/react-query"
import { type FormEvent, type ReactNode, useState } from "react"
import { queries } from "../../api.ts"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { scoreWords } from "../../lib/words.ts"
import styles from "./experiment-picker.module.css"

/** An id as it is pasted: a CID, or of the 0.6 network 64 digits; a beginning of either will do. */
const ID = /^(bafy[a-z2-7]{4,}|[0-9a-f]{12,64})$/
const MAX_SHOWN = 8

/** Takes an experiment by its id, or by words of its title. */
export function ExperimentPicker({ label, onPick }: { label: string; onPick: (id: string) => void }): ReactNode {
  const [text, setText] = useState("")
  const [asked, setAsked] = useState("")
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const given = text.trim()
    if (ID.test(given)) onPick(given)
    else setAsked(given)
  }
  return (
    <form onSubmit={submit} className={styles.picker} role="search" aria-label={label}>
      <div className={styles.bar}>
        <input
          type="search"
          value={text}
          maxLength={256}
          onChange={({ target }) => setText(target.value)}
          placeholder="An id, or words of a title"
          aria-label={label}
        />
        <button type="submit" disabled={text.trim() === ""}>
          Find
        </button>
      </div>
      {asked !== "" && <Found q={asked} onPick={onPick} />}
    </form>
  )
}

function Found({ q, onPick }: { q: string; onPick: (id: string) => void }): ReactNode {
  const found = useInfiniteQuery(queries.search(q, "experiment", undefined))
  if (found.isError) return <p className={styles.note}>{found.error.message}</p>
  if (found.data === undefined) return <p className={styles.note}>Searching …</p>
  const hits = found.data.pages
    .flatMap((page) => page.items)
    .filter((hit) => hit.kind === "experiment")
    .slice(0, MAX_SHOWN)
  if (hits.length === 0) return <p className={styles.note}>No experiment here has these words.</p>
  return (
    <ul className={styles.found}>
      {hits.map(({ experiment, metric, task_name: taskName }) => (
        <li key={experiment.id}>
          <button type="button" onClick={() => onPick(experiment.id)}>
            <ExperimentName row={experiment} max={60} />
          </button>
          <span className={styles.note}>
            {scoreWords(experiment, metric ?? { min_effect: 0 })}, <VisibleText text={taskName ?? ""} max={40} />
          </span>
        </li>
      ))}
    </ul>
  )
}
