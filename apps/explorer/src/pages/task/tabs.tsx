import type { Standing } from "@spore/api/client"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useEffect, useRef } from "react"
import { formatCount } from "../../lib/format.ts"
import styles from "./tabs.module.css"
import { type Tab, TABS } from "./task-search.ts"

const TAB_WORDS: Record<Tab, string> = {
  experiments: "Experiments",
  frontier: "Frontier",
  improvements: "Improvements",
  activity: "Activity",
  nodes: "Nodes",
  about: "About",
}

/** The parts of a task below its chart, as links: the row stays in view, and where it is when another is chosen. */
export function Tabs({
  tab,
  standing,
  children,
}: {
  tab: Tab
  standing: Standing | undefined
  children: ReactNode
}): ReactNode {
  const frame = useRef<HTMLDivElement>(null)
  const row = useRef<HTMLElement>(null)
  const wasChosen = useRef(false)
  useEffect(() => {
    const link = row.current?.querySelector<HTMLElement>(`[data-tab="${tab}"]`)
    if (row.current && link) row.current.scrollLeft = link.offsetLeft - (row.current.clientWidth - link.clientWidth) / 2
    // Deep in a long table, another part is read from its beginning.
    if (wasChosen.current && (frame.current?.getBoundingClientRect().top ?? 0) < 0) frame.current?.scrollIntoView()
    wasChosen.current = false
  }, [tab])
  const counts: Partial<Record<Tab, number>> =
    standing === undefined
      ? {}
      : { experiments: standing.experiments, frontier: standing.frontier, nodes: standing.nodes }
  return (
    <div ref={frame}>
      <nav ref={row} className={styles.tabs} aria-label="Parts of this task">
        {TABS.map((name) => (
          <Link
            key={name}
            data-tab={name}
            from="/t/$taskId"
            to="/t/$taskId"
            search={(old) => ({ ...old, tab: name === "experiments" ? undefined : name })}
            resetScroll={false}
            onClick={() => {
              wasChosen.current = true
            }}
            // What leaves the tab out of the URL is the current one only where no tab is in it.
            activeOptions={{ exact: true, explicitUndefined: true }}
            className={name === tab ? styles.current : undefined}
          >
            {TAB_WORDS[name]}
            {counts[name] !== undefined && <span className={styles.count}>{formatCount(counts[name])}</span>}
          </Link>
        ))}
      </nav>
      <section className={styles.panel} aria-label={TAB_WORDS[tab]}>
        {children}
      </section>
    </div>
  )
}
