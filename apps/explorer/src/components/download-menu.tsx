import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react"
import { download, type Format, MAX_ROWS, saveFile, type Table } from "../lib/download.ts"
import { formatCount } from "../lib/format.ts"
import styles from "./download-menu.module.css"

const FORMATS: readonly (readonly [Format, string, string])[] = [
  ["tsv", "TSV", "for spreadsheets and scripts"],
  ["json", "JSON", "as the API gives it"],
]

type State =
  | { readonly kind: "idle"; readonly said: string }
  | { readonly kind: "running"; readonly rows: number; readonly stop: AbortController }

/** Saves the list beside it, all pages of it. */
export function DownloadMenu<Row>({ table }: { table: Table<Row> }): ReactNode {
  const [state, setState] = useState<State>({ kind: "idle", said: "" })
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])

  const start = async (format: Format): Promise<void> => {
    const stop = new AbortController()
    running.current = stop
    setState({ kind: "running", rows: 0, stop })
    try {
      const { signal } = stop
      const onRows = (rows: number): void => setState({ kind: "running", rows, stop })
      const { name, file, rows, isCut } = await download(table, format, { signal, onRows })
      saveFile(name, file)
      const cut = isCut ? `, the first: no file has more than ${formatCount(MAX_ROWS)}` : ""
      setState({ kind: "idle", said: `Saved ${formatCount(rows)} rows${cut}` })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      setState({ kind: "idle", said: stop.signal.aborted ? "Cancelled" : `Not saved: ${why}` })
    }
  }

  return (
    <div className={styles.frame}>
      <span className={styles.said} role="status">
        {state.kind === "idle" ? state.said : `${formatCount(state.rows)} rows`}
      </span>
      {state.kind === "running" ? (
        <button type="button" className={styles.button} onClick={() => state.stop.abort()}>
          Cancel
        </button>
      ) : (
        <Menu onChoose={(format) => void start(format)} />
      )}
    </div>
  )
}

function Menu({ onChoose }: { onChoose: (format: Format) => void }): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const frame = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const menu = useRef<HTMLDivElement>(null)
  const id = useId()
  useEffect(() => {
    if (!isOpen) return
    itemsOf(menu.current)[0]?.focus()
    const onPointerDown = ({ target }: PointerEvent): void => {
      if (target instanceof Node && frame.current?.contains(target) === false) setOpen(false)
    }
    document.addEventListener("pointerdown", onPointerDown)
    return () => document.removeEventListener("pointerdown", onPointerDown)
  }, [isOpen])
  const close = (): void => {
    setOpen(false)
    button.current?.focus()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const items = itemsOf(menu.current)
    const at = items.findIndex((item) => item === document.activeElement)
    const moves: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }
    const to = moves[event.key]
    if (to !== undefined) items.at(to % items.length)?.focus()
    else if (event.key === "Escape") close()
    else if (event.key === "Tab") setOpen(false)
    else return
    if (event.key !== "Tab") event.preventDefault()
    // The page's own keys are not meant while a menu is open.
    event.stopPropagation()
  }
  return (
    <div ref={frame} className={styles.menuFrame}>
      <button
        ref={button}
        type="button"
        className={styles.button}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        Download <span aria-hidden>▾</span>
      </button>
      {isOpen && (
        <div ref={menu} id={id} role="menu" aria-label="Format" className={styles.menu} onKeyDown={onKeyDown}>
          {FORMATS.map(([format, name, what]) => (
            <button
              key={format}
              type="button"
              role="menuitem"
              tabIndex={-1}
              onClick={() => {
                close()
                onChoose(format)
              }}
            >
              {name} <small>{what}</small>
            </button>
          ))}
        </div>
      )}
    </div>
  )
}

function itemsOf(menu: HTMLElement | null): HTMLElement[] {
  return menu === null ? [] : [...menu.querySelectorAll<HTMLElement>('[role="menuitem"]')]
}
