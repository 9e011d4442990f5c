import type { Activity } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { type ReactNode, useEffect, useRef, useState } from "react"
import { queries } from "../../api.ts"
import { foremost } from "../../components/now.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { useKeys } from "../../keys/use-keys.tsx"
import styles from "./log-tail.module.css"

/** Pixels above the end at which a reader still counts as being there. */
const SLACK = 8

/**
 * The last lines that the running job wrote. It follows them as long as its reader is at the end, and stands still when
 * told to; nothing but itself is ever scrolled.
 */
export function LogTail({
  activities,
  workers,
}: {
  activities: readonly Activity[]
  /** How many do research. */
  workers: number
}): ReactNode {
  const [worker, setWorker] = useState<number | undefined>(undefined)
  const shown = worker === undefined ? foremost(activities) : activities.find((one) => one.worker === worker)
  /** Tells the running job from the one before. */
  const job = shown?.started_at ?? null
  const { data } = useQuery(queries.activityLog(shown?.worker ?? worker))
  const [held, setHeld] = useState<string | null>(null)
  const [isAtEnd, setAtEnd] = useState(true)
  const box = useRef<HTMLPreElement>(null)
  const text = held ?? data?.lines.join("\n") ?? ""
  const isFollowing = held === null && isAtEnd

  // After every render, whatever it was that made the text longer.
  useEffect(() => {
    const element = box.current
    if (element !== null && isFollowing) element.scrollTop = element.scrollHeight
  })
  // Another job's output begins at its end.
  const [shownJob, setShownJob] = useState(job)
  if (shownJob !== job && held === null) {
    setShownJob(job)
    setAtEnd(true)
  }

  const toggle = (): void => {
    setHeld(isFollowing ? text : null)
    if (!isFollowing) setAtEnd(true)
  }
  useKeys([{ key: "p", label: isFollowing ? "Pause the log" : "Follow the log", run: toggle }])

  return (
    <section className={styles.tail} aria-label="Output of the running job">
      <header className={styles.header}>
        <h2 className={styles.heading}>Output</h2>
        {workers > 1 && (
          <select
            className={styles.choice}
            aria-label="Whose output"
            value={worker ?? ""}
            onChange={({ target: { value } }) => setWorker(value === "" ? undefined : Number(value))}
          >
            <option value="">of what runs</option>
            {Array.from({ length: workers }, (_, number) => (
              <option key={number} value={number}>
                of worker {number}
              </option>
            ))}
          </select>
        )}
        <span className={styles.state}>{stateWords(held !== null, isAtEnd)}</span>
        <button type="button" className={styles.button} onClick={toggle} aria-keyshortcuts="p">
          {isFollowing ? "Pause" : "Follow"}
        </button>
      </header>
      <pre
        ref={box}
        className={styles.lines}
        // Reached by keyboard, to be scrolled.
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="Last lines"
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) =>
          setAtEnd(scrollHeight - clientHeight - scrollTop <= SLACK)
        }
      >
        {text === "" ? (
          <span className={styles.none}>{job === null ? "No job is running." : "Nothing written yet."}</span>
        ) : (
          <VisibleText text={text} />
        )}
      </pre>
    </section>
  )
}

function stateWords(isHeld: boolean, isAtEnd: boolean): string {
  if (isHeld) return "paused"
  return isAtEnd ? "following" : "scrolled back"
}
