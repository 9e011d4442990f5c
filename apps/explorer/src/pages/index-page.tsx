import type { Task } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../api.ts"
import { Sparkline } from "../chart/sparkline.tsx"
import { ActivityCard } from "../components/activity-card.tsx"
import { NetworkBadge } from "../components/experiment-name.tsx"
import { VerdictBadge } from "../components/shapes.tsx"
import { Empty, Failure, Loading } from "../components/states.tsx"
import { Ago } from "../components/time.tsx"
import { useTitle } from "../components/use-title.ts"
import { VisibleText } from "../components/visible-text.tsx"
import { formatCount, formatPercent, gainOver, pluralNoun } from "../lib/format.ts"
import { goalWords, standingWords, valueWords } from "../lib/words.ts"
import styles from "./index-page.module.css"

/** All tasks, and what this node is doing. */
export function IndexPage(): ReactNode {
  useTitle(undefined)
  const status = useQuery(queries.status())
  const tasks = useQuery(queries.tasks())
  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">Tasks on this node</h1>
      {status.data !== undefined && <ActivityCard status={status.data} />}
      {status.data === undefined && (
        <div className={styles.pending}>
          {status.isError ? <Failure error={status.error} retry={() => void status.refetch()} /> : <Loading />}
        </div>
      )}
      <section aria-labelledby="tasks">
        <h2 id="tasks" className={styles.heading}>
          Tasks
        </h2>
        {tasks.data !== undefined ? (
          <TaskList tasks={tasks.data.items} />
        ) : tasks.isError ? (
          <Failure error={tasks.error} retry={() => void tasks.refetch()} />
        ) : (
          <Loading height={160} />
        )}
      </section>
    </div>
  )
}

function TaskList({ tasks }: { tasks: readonly Task[] }): ReactNode {
  if (tasks.length === 0) {
    return (
      <div className={styles.none}>
        <Empty title="No task is known here yet" command="spore task create --help">
          A task says what to improve and how it is measured. One arrives from a peer, or is made here.
        </Empty>
      </div>
    )
  }
  return (
    <ul className={styles.list}>
      {tasks.map((task) => (
        <TaskRow key={task.id} task={task} />
      ))}
    </ul>
  )
}

function TaskRow({ task }: { task: Task }): ReactNode {
  const { data: progress } = useQuery({ ...queries.progress(task.id), enabled: task.experiments > 0 })
  const standing = task.standings[0]
  const best = standing?.best ?? null
  const gain = gainOver(standing?.baseline, best?.value, task.metric.goal)
  return (
    <li className={styles.row}>
      <div className={styles.name}>
        <Link to="/t/$taskId" params={{ taskId: task.id }} className={styles.link}>
          <VisibleText text={task.name} max={64} />
        </Link>
        <NetworkBadge of={task} />
        <p className={styles.goal}>
          <VisibleText text={task.metric.name} max={64} />, {goalWords(task.metric)}
          {task.followed && <span className={styles.followed}>followed here</span>}
        </p>
      </div>
      <div className={styles.best}>
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
      <div className={styles.gain}>
        <p className={gain?.isBetter === true ? styles.better : undefined}>
          {gain === null || gain.share === null ? "–" : formatPercent(gain.share)}
        </p>
        <p className={styles.note}>to baseline</p>
      </div>
      <div className={styles.spark}>
        <Sparkline progress={progress} />
      </div>
      <div className={styles.count}>
        <p>{formatCount(task.experiments)}</p>
        <p className={styles.note}>{pluralNoun(task.experiments, "experiment")}</p>
      </div>
      <div className={styles.count}>
        <p>{formatCount(task.nodes)}</p>
        <p className={styles.note}>{pluralNoun(task.nodes, "node")}</p>
      </div>
      <div className={styles.when}>
        <p>
          <Ago time={task.last_activity} />
        </p>
        <p className={styles.note}>last activity</p>
      </div>
    </li>
  )
}
