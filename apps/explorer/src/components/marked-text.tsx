import type { ReactNode } from "react"
import { markWords } from "../lib/mark-words.ts"
import { clip, segments } from "../lib/text.ts"
import styles from "./marked-text.module.css"
import { HiddenMark } from "./visible-text.tsx"

/** Text that a stranger wrote, shown as `VisibleText` does, with the words of a search marked. */
export function MarkedText({ text, query, max }: { text: string; query: string; max: number }): ReactNode {
  return (
    <bdi>
      {markWords(clip(text, max), query).flatMap(({ text: stretch, isFound }, i) =>
        segments(stretch).map((part, j) => {
          const key = `${i}.${j}`
          if (!("text" in part)) return <HiddenMark key={key} mark={part.mark} name={part.name} />
          if (!isFound) return part.text
          return (
            <mark key={key} className={styles.found}>
              {part.text}
            </mark>
          )
        }),
      )}
    </bdi>
  )
}
