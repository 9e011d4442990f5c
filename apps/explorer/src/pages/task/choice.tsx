import type { ReactNode } from "react"
import styles from "./choice.module.css"

/** One of a few, side by side. */
export function Choice({
  label,
  value,
  options,
  onChoose,
}: {
  label: string
  value: string
  options: readonly (readonly [string, string])[]
  onChoose: (value: string) => void
}): ReactNode {
  return (
    <div className={styles.choice} role="group" aria-label={label}>
      {options.map(([key, words]) => (
        <button key={key} type="button" aria-pressed={key === value} onClick={() => onChoose(key)}>
          {words}
        </button>
      ))}
    </div>
  )
}
