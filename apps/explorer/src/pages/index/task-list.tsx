import type { Task } from "@spore/api/client"
import type { ReactNode } from "react"
import { Empty } from "../../components/states.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { goalWords } from "../../lib/words.ts"
import { NewPill } from "../task/list-parts.tsx"
import { Link } from "@tanstack/react-router"
import styles from "./task-list.module.css"
import { TaskRow } from "./task-row.tsx"
import { useSteadyRows } from "./use-steady-rows.ts"

/** All tasks: those that somebody works on, most active first; below them those that wait for somebody. */
export function TaskList({ tasks }: { tasks: readonly Task[] }): ReactNode {
  const { rows, fresh, show } = useSteadyRows(tasks, (task) => task.experiments > 0 || task.followed)
  return (
    <section aria-labelledby="tasks">
      <h2 id="tasks" className={styles.heading}>
        Tasks
      </h2>
      {tasks.length === 0 && (
        <div className={styles.box}>
          <Empty title="No task is known here yet" command="spore task new --help">
            A task says what to improve and how it is measured. One arrives from a peer, or is made here.
          </Empty>
        </div>
      )}
      <NewPill count={fresh} noun="task" onShow={show} isLoading={false} />
      {rows.first.length > 0 && (
        <ul className={styles.box}>
          {rows.first.map((task) => (
            <TaskRow key={task.id} task={task} />
          ))}
        </ul>
      )}
      {rows.rest.length > 0 && <NeverRun tasks={rows.rest} all={tasks} />}
    </section>
  )
}

function NeverRun({ tasks, all }: { tasks: readonly Task[]; all: readonly Task[] }): ReactNode {
  return (
    <div className={styles.waiting}>
      <header>
        <h3>Never run</h3>
        <p className={styles.note}>The command beside a task makes your node work on it next.</p>
      </header>
      <ul className={styles.box}>
        {tasks.map((task) => (
          <li key={task.id} className={styles.quiet}>
            <div className={styles.name}>
              <Link to="/t/$taskId" params={{ taskId: task.id }}>
                <VisibleText text={task.name} max={64} />
              </Link>
              <span className={styles.note}>
                <VisibleText text={task.metric.name} max={48} />, {goalWords(task.metric)}
              </span>
            </div>
            <p className={styles.note}>
              <VisibleText text={task.summary} max={160} />
            </p>
            <code className={styles.command}>spore task use {shellName(task, all)}</code>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** What names a task in a command: its name where that is one plain word of one task, else its id. */
function shellName({ id, name }: Task, all: readonly Task[]): string {
  const isPlain = /^[a-z0-9][a-z0-9._-]{0,63}$/i.test(name)
  return isPlain && all.filter((task) => task.name === name).length === 1 ? name : id
}
