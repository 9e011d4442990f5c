import { useQuery } from "@tanstack/react-query"
import { Link, Outlet } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../api.ts"
import type { Connection } from "../live/live.ts"
import { useLive } from "../live/use-live.tsx"
import { NodeName } from "./ids.tsx"
import styles from "./layout.module.css"
import { SearchBox } from "./search-box.tsx"

const CONNECTION_WORDS: Record<Connection, string> = {
  connecting: "connecting",
  live: "live",
  retrying: "node not answering",
  paused: "paused",
}

export function Layout(): ReactNode {
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
            <Link to="/network" activeProps={{ className: styles.active ?? "" }}>
              Network
            </Link>
          </nav>
          <div className={styles.right}>
            <SearchBox />
            <span className={`${styles.connection} ${styles[connection]}`} role="status">
              {CONNECTION_WORDS[connection]}
            </span>
            <span className={styles.node}>{status !== undefined && <NodeName id={status.node} />}</span>
          </div>
        </div>
      </header>
      <main id="main" className={styles.main}>
        <Outlet />
      </main>
    </>
  )
}
