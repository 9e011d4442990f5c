import type { ReactNode } from "react"
import { formatTime } from "../lib/format.ts"
import styles from "./stale-note.module.css"
import { useLive, useLiveStream } from "./use-live.tsx"

/** Says that the page is not of now, and since when. It lies above the page and moves nothing. */
export function StaleNote(): ReactNode {
  const { connection, lostAt } = useLive()
  const live = useLiveStream()
  return (
    <div className={styles.place} role="status">
      {connection === "retrying" && lostAt !== null && (
        <p className={styles.note}>
          <span>
            The node does not answer. This page is as of <time>{formatTime(lostAt)}</time>; it goes on by itself.
          </span>
          <button type="button" className={styles.button} onClick={live.retry}>
            Ask now
          </button>
        </p>
      )}
    </div>
  )
}
