import type { CodeFile, DiffFile } from "@spore/api/client"
import type { ReactNode } from "react"
import { formatBytes } from "../lib/format.ts"
import { type DiffLine, parsePatch } from "../lib/patch.ts"
import styles from "./code-view.module.css"
import { VisibleText } from "./visible-text.tsx"

const OMITTED = { binary: "Not text.", too_large: "Too large to show here." }
const CHANGE_WORDS = { added: "added", removed: "removed", modified: "" }

/** How one file differs. */
export function DiffView({ file }: { file: DiffFile }): ReactNode {
  return (
    <figure className={styles.file}>
      <figcaption className={styles.caption}>
        <FileName path={file.path} />
        <span>{CHANGE_WORDS[file.change]}</span>
        {file.patch !== null && (
          <span className={styles.counts}>
            <span className={styles.plus}>+{file.additions}</span>{" "}
            <span className={styles.minus}>−{file.deletions}</span>
          </span>
        )}
      </figcaption>
      {file.patch === null ? (
        <p className={styles.omitted}>{OMITTED[file.omitted ?? "too_large"]}</p>
      ) : (
        <div className={styles.scroll}>
          <table className={styles.code}>
            <tbody>
              {parsePatch(file.patch).map((line, i) => (
                // oxlint-disable-next-line react/no-array-index-key -- lines have no identity but their place
                <Line key={i} line={line} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </figure>
  )
}

function Line({ line }: { line: DiffLine }): ReactNode {
  if (line.kind === "hunk") {
    return (
      <tr className={styles.hunk}>
        <td className={styles.number} />
        <td className={styles.number} />
        <td className={styles.sign} />
        <td className={styles.text}>{line.text}</td>
      </tr>
    )
  }
  return (
    <tr className={styles[line.kind]}>
      <td className={styles.number}>{line.before}</td>
      <td className={styles.number}>{line.after}</td>
      <td className={styles.sign}>{line.kind === "added" ? "+" : line.kind === "removed" ? "−" : ""}</td>
      <td className={styles.text}>
        {line.spans.map((span, i) =>
          span.changed ? (
            // oxlint-disable-next-line react/no-array-index-key -- stretches have no identity but their place
            <mark key={i}>
              <VisibleText text={span.text} />
            </mark>
          ) : (
            // oxlint-disable-next-line react/no-array-index-key
            <VisibleText key={i} text={span.text} />
          ),
        )}
      </td>
    </tr>
  )
}

/** One file with its line numbers. */
export function FileView({ file }: { file: CodeFile }): ReactNode {
  return (
    <figure className={styles.file}>
      <figcaption className={styles.caption}>
        <FileName path={file.path} />
        <span className={styles.counts}>{formatBytes(file.size)}</span>
      </figcaption>
      {file.text === null ? (
        <p className={styles.omitted}>{OMITTED[file.omitted ?? "too_large"]}</p>
      ) : (
        <div className={`${styles.scroll} ${styles.tall}`}>
          <table className={styles.code}>
            <tbody>
              {file.text
                .replace(/\n$/, "")
                .split("\n")
                .map((text, i) => (
                  // oxlint-disable-next-line react/no-array-index-key -- lines have no identity but their place
                  <tr key={i}>
                    <td className={styles.number}>{i + 1}</td>
                    <td className={styles.text}>
                      <VisibleText text={text} />
                    </td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      )}
    </figure>
  )
}

function FileName({ path }: { path: string }): ReactNode {
  return (
    <code className={styles.name}>
      {path === "" ? "the candidate’s one file" : <VisibleText text={path} max={200} />}
    </code>
  )
}
