import { type ReactNode, useState } from "react"
import { VisibleText } from "../../components/visible-text.tsx"
import styles from "./hypothesis.module.css"

/** A longer one is cut until it is asked for. */
const SHORT = 320

/** Why its author thought that it should help. */
export function Hypothesis({ text }: { text: string }): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const isLong = text.length > SHORT
  return (
    <p className={styles.hypothesis}>
      <VisibleText text={text} {...(isLong && !isOpen ? { max: SHORT } : {})} />{" "}
      {isLong && (
        <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "less" : "more"}
        </button>
      )}
    </p>
  )
}
