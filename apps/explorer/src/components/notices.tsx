import type { Notice } from "@spore/api/client"
import type { ReactNode } from "react"
import styles from "./notices.module.css"
import { VisibleText } from "./visible-text.tsx"

/** What the keeper of this node should know, and what to do about it. */
export function Notices({ notices }: { notices: readonly Notice[] }): ReactNode {
  if (notices.length === 0) return null
  return (
    <ul className={styles.notices} aria-label="Notices">
      {notices.map((notice) => (
        <li key={notice.code + notice.message}>
          <VisibleText text={notice.message} max={400} />
          {notice.next !== null && (
            <code>
              <VisibleText text={notice.next} max={200} />
            </code>
          )}
        </li>
      ))}
    </ul>
  )
}
