import { useQuery } from "@tanstack/react-query"
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router"
import { type ReactNode, type RefObject, useEffect, useRef } from "react"
import { queries } from "../api.ts"
import { KeyHelp } from "../keys/key-help.tsx"
import { KeysProvider, useKeys } from "../keys/use-keys.tsx"
import type { Connection } from "../live/live.ts"
import { StaleNote } from "../live/stale-note.tsx"
import { useLive } from "../live/use-live.tsx"
import { copy } from "../source.ts"
import { CopyBanner } from "./copy-banner.tsx"
import { NodeName } from "./ids.tsx"
import { ThemeButton } from "../theme/theme-button.tsx"
import styles from "./layout.module.css"
import { SearchBox } from "./search-box.tsx"

const CONNECTION_WORDS: Record<Connection, string> = {
  connecting: "connecting",
  live: "live",
  retrying: "not answering",
  paused: "paused",
}

export function Layout(): ReactNode {
  return (
    <KeysProvider>
      <Frame />
    </KeysProvider>
  )
}

function Frame(): ReactNode {
  const navigate = useNavigate()
  useKeys(
    [
      { key: "g t", label: "Tasks", run: () => void navigate({ to: "/" }) },
      { key: "g c", label: "Nodes that contributed", run: () => void navigate({ to: "/nodes" }) },
      { key: "g n", label: "Network", run: () => void navigate({ to: "/network" }) },
    ],
    "everywhere",
  )
  const main = useFocusOnArrival()
  const { connection } = useLive()
  const { data: status } = useQuery(queries.status())
  return (
    <>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <header className={styles.header}>
        <div className={styles.bar}>
          <Link to="/" className={styles.brand} aria-label="Spore, all tasks">
            <svg viewBox="0 0 32 32" aria-hidden className={styles.logo}>
              <path
                d="M8 25V15M8 20c0-5 8-4 8-9V8m0 6c0 5 8 3 8 8"
                fill="none"
                stroke="currentColor"
                strokeWidth="2.5"
                strokeLinecap="round"
              />
              <circle cx="8" cy="25" r="4" fill="currentColor" />
              <circle cx="16" cy="8" r="4" fill="currentColor" />
              <circle cx="24" cy="23" r="3" fill="none" stroke="currentColor" strokeWidth="2.5" />
            </svg>
            <span>Spore</span>
          </Link>
          <nav className={styles.nav} aria-label="Pages">
            <Link to="/" activeOptions={{ exact: true }} activeProps={{ className: styles.active ?? "" }}>
              Tasks
            </Link>
            <Link to="/nodes" activeProps={{ className: styles.active ?? "" }}>
              Nodes
            </Link>
            <Link to="/network" activeProps={{ className: styles.active ?? "" }}>
              Network
            </Link>
          </nav>
          <div className={styles.right}>
            <SearchBox />
            {copy === null && (
              <span className={`${styles.connection} ${styles[connection]}`} role="status">
                {CONNECTION_WORDS[connection]}
              </span>
            )}
            <span className={styles.node}>
              {typeof status?.node === "string" && <NodeName id={status.node} name={status.name} />}
            </span>
          </div>
        </div>
      </header>
      {copy !== null && <CopyBanner copy={copy} />}
      {/* Takes the focus after a page was left. */}
      <main ref={main} id="main" className={styles.main} tabIndex={-1}>
        <Outlet />
      </main>
      <StaleNote />
      <footer className={styles.footer}>
        <ThemeButton className={styles.quiet} />
        <KeyHelp className={styles.quiet} />
      </footer>
    </>
  )
}

/** Moves the focus to a new page's content, unless somebody is typing; the first page keeps it where it is. */
function useFocusOnArrival(): RefObject<HTMLElement | null> {
  const main = useRef<HTMLElement>(null)
  const path = useRouterState({ select: ({ resolvedLocation }) => resolvedLocation?.pathname })
  const before = useRef(path)
  useEffect(() => {
    const isFirst = before.current === undefined
    if (path === before.current) return
    before.current = path
    if (!isFirst && !(document.activeElement instanceof HTMLInputElement)) main.current?.focus({ preventScroll: true })
  }, [path])
  return main
}
