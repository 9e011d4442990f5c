import type { DiffFile } from "@spore/api/client"
import { type ReactNode, useMemo } from "react"
import {
  type CodeLine as Line,
  type DiffLine,
  type HunkLine,
  type Pair,
  pairLines,
  parsePatch,
} from "../../lib/patch.ts"
import { BoundedRows, CodeFileFrame } from "./code-file.tsx"
import { CodeLine } from "./code-line.tsx"
import styles from "./code-view.module.css"
import type { Language } from "./languages.ts"
import type { LineTokens } from "./tokens.ts"
import { useTokens } from "./use-tokens.ts"

const OMITTED = { binary: "Not text.", too_large: "Too much differs to show it here; the whole code can be read." }
const CHANGE_WORDS = { added: "added", removed: "removed", modified: undefined }
/** A file that differs in more lines begins folded. */
const MAX_OPEN = 2000

/** The whole text of both sides, as far as it is known: words are coloured by what stands before them. */
export interface DiffSources {
  readonly before: string | undefined
  readonly after: string | undefined
}

type TokensOf = (line: Line) => LineTokens | undefined

/** How one file differs. */
export function DiffView({
  file,
  sources,
  language,
  isSplit,
}: {
  file: DiffFile
  sources: DiffSources
  language: Language | null
  isSplit: boolean
}): ReactNode {
  const before = useTokens(sources.before ?? "", language)
  const after = useTokens(sources.after ?? "", language)
  const lines = useMemo(() => (file.patch === null ? null : parsePatch(file.patch)), [file.patch])
  const tokensOf: TokensOf = (line) =>
    line.after === null ? before?.[(line.before ?? 0) - 1] : after?.[line.after - 1]
  return (
    <CodeFileFrame
      path={file.path}
      note={CHANGE_WORDS[file.change]}
      startsOpen={file.additions + file.deletions <= MAX_OPEN}
      aside={
        file.patch !== null && (
          <>
            <span className={styles.plus}>+{file.additions}</span>{" "}
            <span className={styles.minus}>−{file.deletions}</span>
          </>
        )
      }
    >
      {lines === null ? (
        <p className={styles.omitted}>{OMITTED[file.omitted ?? "too_large"]}</p>
      ) : isSplit ? (
        <SplitTable lines={lines} tokensOf={tokensOf} />
      ) : (
        <UnifiedTable lines={lines} tokensOf={tokensOf} />
      )}
    </CodeFileFrame>
  )
}

function UnifiedTable({ lines, tokensOf }: { lines: readonly DiffLine[]; tokensOf: TokensOf }): ReactNode {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div className={styles.scroll} tabIndex={0} role="group" aria-label="Changed lines">
      <table className={styles.code}>
        <BoundedRows rows={lines} columns={4}>
          {(line, i) =>
            line.kind === "hunk" ? (
              <HunkRow key={i} line={line} />
            ) : (
              <UnifiedRow key={i} line={line} tokens={tokensOf(line)} />
            )
          }
        </BoundedRows>
      </table>
    </div>
  )
}

function HunkRow({ line }: { line: HunkLine }): ReactNode {
  return (
    <tr className={styles.hunk}>
      <td colSpan={4}>{line.text}</td>
    </tr>
  )
}

function UnifiedRow({ line, tokens }: { line: Line; tokens: LineTokens | undefined }): ReactNode {
  return (
    <tr className={styles[line.kind]}>
      <td className={styles.number}>{line.before}</td>
      <td className={styles.number}>{line.after}</td>
      <td className={styles.sign}>{SIGNS[line.kind]}</td>
      <td className={styles.text}>
        <CodeLine spans={line.spans} tokens={tokens} />
      </td>
    </tr>
  )
}

const SIGNS = { added: "+", removed: "−", context: "" }

function SplitTable({ lines, tokensOf }: { lines: readonly DiffLine[]; tokensOf: TokensOf }): ReactNode {
  const rows = useMemo(() => pairLines(lines), [lines])
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div className={styles.scroll} tabIndex={0} role="group" aria-label="Changed lines side by side">
      <table className={`${styles.code} ${styles.split}`}>
        <colgroup>
          <col className={styles.numberColumn} />
          <col />
          <col className={styles.numberColumn} />
          <col />
        </colgroup>
        <BoundedRows rows={rows} columns={4}>
          {(row, i) =>
            row.kind === "hunk" ? <HunkRow key={i} line={row} /> : <SplitRow key={i} pair={row} tokensOf={tokensOf} />
          }
        </BoundedRows>
      </table>
    </div>
  )
}

function SplitRow({ pair: { before, after }, tokensOf }: { pair: Pair; tokensOf: TokensOf }): ReactNode {
  return (
    <tr>
      <SplitSide line={before} number={before?.before} tokens={before === null ? undefined : tokensOf(before)} />
      <SplitSide line={after} number={after?.after} tokens={after === null ? undefined : tokensOf(after)} />
    </tr>
  )
}

function SplitSide({
  line,
  number,
  tokens,
}: {
  line: Line | null
  number: number | null | undefined
  tokens: LineTokens | undefined
}): ReactNode {
  const side = line === null ? styles.nothing : styles[`${line.kind}Side`]
  return (
    <>
      <td className={`${styles.number} ${side}`}>{number}</td>
      <td className={`${styles.text} ${side}`}>
        {line !== null && (
          <>
            <span className={styles.sideSign}>{SIGNS[line.kind]}</span>
            <CodeLine spans={line.spans} tokens={tokens} />
          </>
        )}
      </td>
    </>
  )
}
