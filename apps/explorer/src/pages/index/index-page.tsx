import { useQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Failure, Loading } from "../../components/states.tsx"
import { useTitle } from "../../components/use-title.ts"
import styles from "./index-page.module.css"
import { Newest } from "./newest.tsx"
import { Overview } from "./overview.tsx"
import { TaskList } from "./task-list.tsx"

/** What this node is doing, what is best so far and whether it can be trusted, and all tasks. */
export function IndexPage(): ReactNode {
  useTitle(undefined)
  const status = useQuery(queries.status())
  const tasks = useQuery(queries.tasks())
  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">This node and its tasks</h1>
      {status.data !== undefined ? (
        <Overview status={status.data} tasks={tasks.data?.items} />
      ) : (
        <div className={styles.pending}>
          {status.isError ? <Failure error={status.error} retry={() => void status.refetch()} /> : <Loading />}
        </div>
      )}
      {tasks.data !== undefined ? (
        <TaskList tasks={tasks.data.items} />
      ) : tasks.isError ? (
        <Failure error={tasks.error} retry={() => void tasks.refetch()} />
      ) : (
        <Loading height={160} />
      )}
      {tasks.data !== undefined && <Newest tasks={tasks.data.items} />}
    </div>
  )
}
