import type { Task } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useRef } from "react"
import { queries } from "../../api.ts"
import { Sparkline } from "../../chart/sparkline.tsx"
import { NetworkBadge } from "../../components/experiment-name.tsx"
import { VerdictBadge } from "../../components/shapes.tsx"
import { Ago } from "../../components/time.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount, formatPercent, gainOver, pluralNoun } from "../../lib/format.ts"
import { goalWords, standingWords, valueWords } from "../../lib/words.ts"
import styles from "./task-list.module.css"
import { useSeen } from "./use-seen.ts"

/** A task in a line: what it is about, how far it has come, and how much is going on. */
export function TaskRow({ task }: { task: Task }): ReactNode {
  const ref = useRef<HTMLLIElement>(null)
  const isSeen = useSeen(ref)
  const { data: progress } = useQuery({ ...queries.progress(task.id), enabled: isSeen && task.experiments > 0 })
  const [standing] = task.standings
  const best = standing?.best ?? null
  const gain = best?.parent === null ? null : gainOver(standing?.baseline, best?.value, task.metric.goal)
  return (
    <li ref={ref} className={styles.row}>
      <div className={styles.name}>
        <Link to="/t/$taskId" params={{ taskId: task.id }} className={styles.link}>
          <VisibleText text={task.name} max={64} />
        </Link>
        <NetworkBadge of={task} />
        {task.followed && <span className={styles.followed}>followed here</span>}
        {task.summary !== "" && (
          <p className={`${styles.note} ${styles.summary}`}>
            <VisibleText text={task.summary} max={160} />
          </p>
        )}
        <p className={styles.note}>
          <VisibleText text={task.metric.name} max={64} />, {goalWords(task.metric)}
        </p>
      </div>
      <div>
        <p className={styles.value}>{best === null ? "–" : valueWords(best, task.metric)}</p>
        <p className={styles.note}>
          {best === null ? (
            "no result yet"
          ) : (
            <>
              {standingWords(best)} <VerdictBadge row={best} explanation={best.explanation} />
            </>
          )}
        </p>
      </div>
      <div>
        <p className={gain?.isBetter === true ? styles.better : undefined}>
          {gain === null || gain.share === null ? "–" : formatPercent(gain.share)}
        </p>
        <p className={styles.note}>on baseline</p>
      </div>
      <div>
        <Sparkline progress={progress} />
      </div>
      <div>
        <p>{formatCount(task.experiments)}</p>
        <p className={styles.note}>{pluralNoun(task.experiments, "experiment")}</p>
      </div>
      <div>
        <p>{formatCount(task.nodes)}</p>
        <p className={styles.note}>{pluralNoun(task.nodes, "node")}</p>
      </div>
      <div className={styles.when}>
        <p>{task.last_activity === null ? "never run" : <Ago time={task.last_activity} />}</p>
        <p className={styles.note}>{task.last_activity === null ? "so far" : "last activity"}</p>
      </div>
    </li>
  )
}
