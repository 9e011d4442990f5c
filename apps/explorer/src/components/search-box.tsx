import { useNavigate, useSearch } from "@tanstack/react-router"
import { type ReactNode, type SyntheticEvent, useEffect, useRef } from "react"
import { MAX_QUERY } from "../pages/search-query.ts"
import styles from "./search-box.module.css"

/** Searches everything this node stores; `/` leads here from anywhere on the page. */
export function SearchBox(): ReactNode {
  const input = useRef<HTMLInputElement>(null)
  const navigate = useNavigate()
  const { q } = useSearch({ strict: false })
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      event.preventDefault()
      input.current?.focus()
      input.current?.select()
    }
    document.addEventListener("keydown", onKeyDown)
    return () => document.removeEventListener("keydown", onKeyDown)
  }, [])
  const onSubmit = (event: SyntheticEvent): void => {
    event.preventDefault()
    const text = input.current?.value.trim() ?? ""
    if (text !== "") void navigate({ to: "/search", search: { q: text } })
  }
  return (
    <form className={styles.form} role="search" onSubmit={onSubmit}>
      <input
        // Begins anew with what the address says, so that going back shows what was searched for then.
        key={q ?? ""}
        ref={input}
        className={styles.input}
        type="search"
        defaultValue={q ?? ""}
        maxLength={MAX_QUERY}
        placeholder="Search"
        aria-label="Search experiments, tasks and nodes"
        aria-keyshortcuts="/"
        spellCheck={false}
        autoComplete="off"
      />
    </form>
  )
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))
  )
}
