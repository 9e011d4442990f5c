import { memo, type ReactNode } from "react"
import type { Span } from "../../lib/patch.ts"
import { VisibleText } from "../visible-text.tsx"
import styles from "./code-view.module.css"
import { type LineTokens, piecesOf, TOKEN_KINDS } from "./tokens.ts"

/** A line of code: what changed is marked, what it is coloured. */
export const CodeLine = memo(function CodeLine({
  spans,
  tokens,
}: {
  spans: readonly Span[]
  tokens: LineTokens | undefined
}): ReactNode {
  return piecesOf(spans, tokens).map(({ text, changed, kind }, i) => {
    const shown = <VisibleText text={text} />
    const colored = kind === 0 ? shown : <span className={styles[TOKEN_KINDS[kind] ?? "plain"]}>{shown}</span>
    // oxlint-disable-next-line react/no-array-index-key -- stretches have no identity but their place
    return changed ? <mark key={i}>{colored}</mark> : <span key={i}>{colored}</span>
  })
})
