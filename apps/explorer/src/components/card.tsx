import type { ReactNode } from "react"
import styles from "./card.module.css"

/** A titled part of a page. */
export function Card({
  title,
  aside,
  children,
  flush = false,
  id,
}: {
  title?: ReactNode
  aside?: ReactNode
  children: ReactNode
  /** Without inner space, for tables and charts. */
  flush?: boolean
  id?: string
}): ReactNode {
  return (
    <section className={styles.card} id={id}>
      {title !== undefined && (
        <header className={styles.header}>
          <h2>{title}</h2>
          {aside !== undefined && <div className={styles.aside}>{aside}</div>}
        </header>
      )}
      <div className={flush ? styles.flush : styles.body}>{children}</div>
    </section>
  )
}

/** Names and values, aligned. */
export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }): ReactNode {
  return (
    <dl className={styles.facts}>
      {rows.map(([name, value]) => (
        <div key={name} className={styles.fact}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** The few numbers that say how a thing stands. */
export function Figures({
  items,
}: {
  items: readonly { label: string; value: ReactNode; note?: ReactNode }[]
}): ReactNode {
  return (
    <dl className={styles.figures}>
      {items.map(({ label, value, note }) => (
        <div key={label} className={styles.figure}>
          <dt>{label}</dt>
          <dd className={styles.value}>{value}</dd>
          <dd className={styles.note}>{note}</dd>
        </div>
      ))}
    </dl>
  )
}
