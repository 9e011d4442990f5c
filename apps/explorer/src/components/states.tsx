import { SporeApiError } from "@spore/api/client"
import type { ReactNode } from "react"
import styles from "./states.module.css"
import { VisibleText } from "./visible-text.tsx"

/** Nothing here yet, and what brings something. */
export function Empty({
  title,
  children,
  command,
  isPage = false,
}: {
  title: string
  children?: ReactNode
  command?: string
  /** Whether it is all of the page, whose heading it has then. */
  isPage?: boolean
}): ReactNode {
  const Title = isPage ? "h1" : "p"
  return (
    <div className={styles.empty}>
      <Title className={styles.title}>{title}</Title>
      {children !== undefined && <div className={styles.text}>{children}</div>}
      {command !== undefined && <code className={styles.command}>{command}</code>}
    </div>
  )
}

/** What could not be shown, why, and what to do. */
export function Failure({
  error,
  retry,
  isPage = false,
}: {
  error: Error
  retry?: () => void
  /** Whether it is all of the page, whose heading it has then. */
  isPage?: boolean
}): ReactNode {
  const Title = isPage ? "h1" : "p"
  const isMissing = error instanceof SporeApiError && error.status === 404
  const next = error instanceof SporeApiError ? error.next : null
  return (
    <div className={styles.empty} role="alert">
      <Title className={styles.title}>{isMissing ? "Not found here" : "This could not be loaded"}</Title>
      <p className={styles.text}>
        <VisibleText text={error.message} max={400} />
        {isMissing && ". It may be mistyped, or not have reached this node yet."}
      </p>
      {next !== null && <code className={styles.command}>{next}</code>}
      {retry !== undefined && !isMissing && (
        <button type="button" className={styles.button} onClick={retry}>
          Try again
        </button>
      )}
    </div>
  )
}

/** Space kept for what is on its way, so that nothing moves when it comes. */
export function Loading({ lines = 3, height }: { lines?: number; height?: number }): ReactNode {
  return (
    <div className={styles.loading} role="status" style={height === undefined ? undefined : { minHeight: height }}>
      <span className="visually-hidden">Loading</span>
      {Array.from({ length: lines }, (_, i) => (
        // oxlint-disable-next-line react/no-array-index-key -- lines have no identity but their place
        <span key={i} className={styles.line} style={{ width: `${90 - ((i * 17) % 40)}%` }} />
      ))}
    </div>
  )
}

/** Something is known, but not all of it. */
export function Partial({ children }: { children: ReactNode }): ReactNode {
  return <div className={styles.partial}>{children}</div>
}
