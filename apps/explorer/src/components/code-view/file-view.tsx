import type { CodeFile } from "@spore/api/client"
import { type ReactNode, useEffect, useMemo, useRef } from "react"
import { formatBytes } from "../../lib/format.ts"
import { BoundedRows, CodeFileFrame } from "./code-file.tsx"
import { CodeLine } from "./code-line.tsx"
import styles from "./code-view.module.css"
import type { Language } from "./languages.ts"
import type { LineTokens } from "./tokens.ts"
import { useTokens } from "./use-tokens.ts"

/** One file with its line numbers, each of which can be linked to. */
export function FileView({
  file,
  language,
  anchor,
  linked,
  startsOpen = true,
  omitted,
}: {
  file: CodeFile
  language: Language | null
  /** What the id of each line begins with. */
  anchor: string
  /** The line that the page's address names, if it is one of this file. */
  linked: number | null
  startsOpen?: boolean
  /** What stands in place of a text that is not there. */
  omitted: ReactNode
}): ReactNode {
  return (
    <CodeFileFrame path={file.path} aside={formatBytes(file.size)} startsOpen={startsOpen || linked !== null}>
      {file.text === null ? (
        <div className={styles.omitted}>{omitted}</div>
      ) : (
        <Lines text={file.text} language={language} anchor={anchor} linked={linked} />
      )}
    </CodeFileFrame>
  )
}

function Lines({
  text,
  language,
  anchor,
  linked,
}: {
  text: string
  language: Language | null
  anchor: string
  linked: number | null
}): ReactNode {
  const tokens = useTokens(text, language)
  const lines = useMemo(
    () =>
      text
        .replace(/\n$/, "")
        .split("\n")
        .map((line) => [{ text: line, changed: false }]),
    [text],
  )
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div className={`${styles.scroll} ${styles.tall}`} tabIndex={0} role="group" aria-label="Code">
      <table className={styles.code}>
        <BoundedRows rows={lines} columns={2} mustShow={linked ?? 0}>
          {(spans, i) => (
            <NumberedRow
              key={i}
              id={`${anchor}L${i + 1}`}
              number={i + 1}
              isLinked={linked === i + 1}
              spans={spans}
              tokens={tokens?.[i]}
            />
          )}
        </BoundedRows>
      </table>
    </div>
  )
}

function NumberedRow({
  id,
  number,
  isLinked,
  spans,
  tokens,
}: {
  id: string
  number: number
  isLinked: boolean
  spans: readonly { text: string; changed: boolean }[]
  tokens: LineTokens | undefined
}): ReactNode {
  const row = useRef<HTMLTableRowElement>(null)
  useEffect(() => {
    if (isLinked) row.current?.scrollIntoView({ block: "center" })
  }, [isLinked])
  return (
    <tr ref={row} id={id} className={isLinked ? styles.linked : undefined}>
      <td className={styles.number}>
        <a href={`#${encodeURIComponent(id)}`} aria-label={`Line ${number}`} tabIndex={-1}>
          {number}
        </a>
      </td>
      <td className={styles.text}>
        <CodeLine spans={spans} tokens={tokens} />
      </td>
    </tr>
  )
}
