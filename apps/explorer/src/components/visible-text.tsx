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
          <HiddenMark key={i} mark={part.mark} name={part.name} />
        ),
      )}
    </bdi>
  )
}

/** What stands for a character that would be invisible, or reorder its neighbours. */
export function HiddenMark({ mark, name }: { mark: string; name: string }): ReactNode {
  return (
    <span className={styles.mark} title={name}>
      {mark}
    </span>
  )
}
