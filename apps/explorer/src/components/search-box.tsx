import { useNavigate, useSearch } from "@tanstack/react-router"
import { type KeyboardEvent, type ReactNode, type SyntheticEvent, useEffect, useRef } from "react"
import { client } from "../api.ts"
import { useKeys } from "../keys/use-keys.tsx"
import { moveAmongHits } from "../pages/search/move-among-hits.ts"
import { MAX_QUERY } from "../pages/search/search-query.ts"
import styles from "./search-box.module.css"

/** A word that may be an id: its beginning, or the eight characters by which ids are shown. */
const MAYBE_ID = /^(?:bafy[a-z2-7]{4,}|12D3KooW\w+|[0-9a-f]{8,64}|[a-z2-7]{8}|[1-9A-HJ-NP-Za-km-z]{8})$/

/** Searches everything this node stores, and opens what an id stands for; `/` leads here from anywhere on the page. */
export function SearchBox(): ReactNode {
  const input = useRef<HTMLInputElement>(null)
  const navigate = useNavigate()
  const { q } = useSearch({ strict: false })
  // What the address says, so that going back shows what was searched for then.
  useEffect(() => {
    if (input.current !== null) input.current.value = q ?? ""
  }, [q])
  const focus = (): void => {
    input.current?.focus()
    input.current?.select()
  }
  useKeys([{ key: "/", label: "Search, or open an id", run: focus }], "everywhere")

  const go = async (text: string): Promise<void> => {
    if (!(MAYBE_ID.test(text) && (await open(text)))) await navigate({ to: "/search", search: { q: text } })
  }
  const open = async (id: string): Promise<boolean> => {
    // Where nobody can be asked the search will say so.
    const { items } = await client.lookup(id).catch(() => ({ items: [] }))
    const [found, another] = items
    if (found === undefined || another !== undefined) return false
    if (found.kind === "experiment") await navigate({ to: "/e/$experimentId", params: { experimentId: found.id } })
    if (found.kind === "task") await navigate({ to: "/t/$taskId", params: { taskId: found.id } })
    if (found.kind === "node") await navigate({ to: "/n/$nodeId", params: { nodeId: found.id } })
    return true
  }
  const onSubmit = (event: SyntheticEvent): void => {
    event.preventDefault()
    const text = input.current?.value.trim() ?? ""
    if (text !== "") void go(text)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const hits = document.querySelector("[data-hits]")
    if (event.key === "ArrowDown" && hits !== null && moveAmongHits(event.key, hits)) event.preventDefault()
    if (event.key === "Escape") input.current?.blur()
  }
  return (
    <form className={styles.form} role="search" onSubmit={onSubmit}>
      <input
        ref={input}
        className={styles.input}
        type="search"
        defaultValue={q ?? ""}
        maxLength={MAX_QUERY}
        placeholder="Search"
        aria-label="Search experiments, tasks and nodes, or open an id"
        aria-keyshortcuts="/"
        spellCheck={false}
        autoComplete="off"
        onKeyDown={onKeyDown}
      />
    </form>
  )
}
