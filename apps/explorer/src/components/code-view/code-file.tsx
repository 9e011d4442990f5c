import { type ReactNode, useState } from "react"
import { formatCount } from "../../lib/format.ts"
import { VisibleText } from "../visible-text.tsx"
import styles from "./code-view.module.css"

/** Rows that are drawn before the reader asks for all of them. */
const FIRST_ROWS = 1000

/** A file's frame: its name, what there is to say of it, and its content, which can be folded away. */
export function CodeFileFrame({
  path,
  aside,
  note,
  startsOpen = true,
  children,
}: {
  path: string
  aside?: ReactNode
  note?: ReactNode
  startsOpen?: boolean
  children: ReactNode
}): ReactNode {
  const [isOpen, setOpen] = useState(startsOpen)
  return (
    <details className={styles.file} open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className={styles.caption}>
        <code className={styles.name}>
          {path === "" ? "the candidate’s one file" : <VisibleText text={path} max={200} />}
        </code>
        {note !== undefined && <span>{note}</span>}
        <span className={styles.aside}>{aside}</span>
      </summary>
      {isOpen && children}
    </details>
  )
}

/** The rows of a code table: of very many the first, until all are asked for. */
export function BoundedRows<Row>({
  rows,
  columns,
  mustShow = 0,
  children,
}: {
  rows: readonly Row[]
  columns: number
  /** How many have to be there, for what is linked to. */
  mustShow?: number
  children: (row: Row, index: number) => ReactNode
}): ReactNode {
  const [isAll, setAll] = useState(false)
  const shown = isAll || rows.length <= FIRST_ROWS * 1.2 ? rows : rows.slice(0, Math.max(FIRST_ROWS, mustShow + 20))
  return (
    <tbody>
      {shown.map(children)}
      {shown.length < rows.length && (
        <tr className={styles.more}>
          <td colSpan={columns}>
            <button type="button" onClick={() => setAll(true)}>
              Show all {formatCount(rows.length)} lines
            </button>
          </td>
        </tr>
      )}
    </tbody>
  )
}
