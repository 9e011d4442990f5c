import { type ReactNode, useState } from "react"
import { formatCount } from "../../lib/format.ts"
import styles from "./list-parts.module.css"

/**
 * How much a growing count has grown since the list was loaded: since its first page last changed, or since the reader
 * asked for what is new.
 */
export function useNewSince(total: number, firstPage: unknown): [number, () => void] {
  const [base, setBase] = useState({ total, firstPage })
  if (base.firstPage !== firstPage) setBase({ total, firstPage })
  const count = base.firstPage === firstPage ? total - base.total : 0
  return [count, () => setBase({ total, firstPage })]
}

/** Says that there is more, and lets the reader say when it may come. It lies above the list and moves nothing. */
export function NewPill({
  count,
  noun,
  onShow,
  isLoading,
}: {
  count: number
  noun: string
  onShow: () => void
  isLoading: boolean
}): ReactNode {
  return (
    <div className={styles.anchor} role="status">
      {count > 0 && (
        <button type="button" className={styles.pill} onClick={onShow} disabled={isLoading}>
          Show {formatCount(count)} new {noun}
          {count === 1 ? "" : "s"}
        </button>
      )}
    </div>
  )
}

/** Shows what a list holds back at first, all of it. */
export function RestButton({ onShow, children }: { onShow: () => void; children: ReactNode }): ReactNode {
  return (
    <button type="button" className={`${styles.button} ${styles.rest}`} onClick={onShow}>
      {children}
    </button>
  )
}

/** The end of a list: how much of it is shown, and a button for more where there is more. */
export function MoreButton({
  onMore,
  isLoading,
  shown,
}: {
  onMore: (() => void) | null
  isLoading: boolean
  /** How many, as text. */
  shown: string
}): ReactNode {
  return (
    <p className={styles.more}>
      {onMore !== null && (
        <button type="button" className={styles.button} onClick={onMore} disabled={isLoading}>
          {isLoading ? "Loading" : "Show more"}
        </button>
      )}
      <span>{shown} shown</span>
    </p>
  )
}
