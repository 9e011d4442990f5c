import type { RefObject } from "react"
import { type KeyBinding } from "../../keys/keys.ts"
import { useKeys } from "../../keys/use-keys.tsx"

/** What an experiment's row carries, for its keys: its id, and on the link that opens it this name. */
export const ROW_LINK = "data-row-link"
const KEYS_IN_TABLE = ["ArrowDown", "ArrowUp", "Home", "End"]

/**
 * `j` and `k` walk the rows of a table from link to link, so that Enter opens; `x` picks. Arrows do as well while the
 * focus is in the table (`onTableKey`).
 */
export function useRowKeys(
  table: RefObject<HTMLTableElement | null>,
  { onPick, onEnd }: { onPick: (id: string) => void; onEnd: () => void },
): void {
  const move = (by: number): void => {
    if (!moveRowFocus(table.current, by)) onEnd()
  }
  const bindings: KeyBinding[] = [
    { key: "j", label: "Next experiment of the table", run: () => move(1) },
    { key: "k", label: "Experiment before it", run: () => move(-1) },
    { key: "Enter", label: "Open it" },
    {
      key: "x",
      label: "Pick it, to compare two",
      run: () => {
        const id = focusedRow(table.current)?.dataset["row"]
        if (id !== undefined) onPick(id)
      },
    },
  ]
  useKeys(bindings)
}

/** Handles the arrows within a table; whether the key was one. */
export function onTableKey(table: HTMLTableElement | null, key: string): boolean {
  if (!KEYS_IN_TABLE.includes(key) || focusedRow(table) === undefined) return false
  moveRowFocus(table, { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[key] ?? 0)
  return true
}

/** Moves the focus by rows; false where there is none further on. */
function moveRowFocus(table: HTMLTableElement | null, by: number): boolean {
  const links = table === null ? [] : [...table.querySelectorAll<HTMLElement>(`[${ROW_LINK}]`)]
  const row = focusedRow(table)
  const at = row === undefined ? -1 : links.findIndex((link) => row.contains(link))
  const to = at === -1 ? 0 : Math.max(0, Math.min(links.length - 1, at + by))
  const link = links[to]
  link?.focus({ preventScroll: true })
  link?.closest("tr")?.scrollIntoView({ block: "nearest" })
  return at === -1 || by < 0 || to > at
}

function focusedRow(table: HTMLTableElement | null): HTMLElement | undefined {
  const row = document.activeElement?.closest("tr[data-row]")
  return row instanceof HTMLElement && table?.contains(row) === true ? row : undefined
}
