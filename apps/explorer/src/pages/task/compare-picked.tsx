import type { Experiment } from "@spore/api/client"
import { Link, useNavigate } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { useKeys } from "../../keys/use-keys.tsx"
import styles from "./compare-picked.module.css"

/** What is picked for comparison, at the lower edge of the window while the list is read on. */
export function ComparePicked({
  picks,
  most,
  onClear,
}: {
  picks: readonly Experiment[]
  most: number
  onClear: () => void
}): ReactNode {
  const navigate = useNavigate()
  const [a, b] = picks
  const pair = a === undefined || b === undefined ? null : { a: a.id, b: b.id }
  useKeys(
    pair === null
      ? []
      : [{ key: "c", label: "Compare what is picked", run: () => void navigate({ to: "/compare", search: pair }) }],
  )
  return (
    <div className={styles.anchor}>
      <div className={styles.bar} role="status">
        <ul className={styles.picks}>
          {picks.map((row) => (
            <li key={row.id}>
              <ExperimentName row={row} max={40} />
            </li>
          ))}
        </ul>
        {pair === null ? (
          <span className={styles.hint}>Pick {most - picks.length} more to compare</span>
        ) : (
          <Link to="/compare" search={pair} className={styles.compare}>
            Compare
          </Link>
        )}
        <button type="button" className={styles.clear} onClick={onClear}>
          Clear
        </button>
      </div>
    </div>
  )
}
