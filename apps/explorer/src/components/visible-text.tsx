import type { ReactNode } from "react"
import { clip, segments } from "../lib/text.ts"
import styles from "./visible-text.module.css"

/**
 * Text that a stranger wrote: text nodes only, isolated in direction, with hidden characters shown. Everything that
 * comes from a record goes through here.
 */
export function VisibleText({ text, max }: { text: string; max?: number }): ReactNode {
  const shown = max === undefined ? text : clip(text, max)
  return (
    <bdi>
      {segments(shown).map((part, i) =>
        "text" in part ? (
          part.text
        ) : (
          // Parts have no identity but their place.
          // oxlint-disable-next-line react/no-array-index-key
          <span key={i} className={styles.mark} title={part.name}>
            {part.mark}
          </span>
        ),
      )}
    </bdi>
  )
}
