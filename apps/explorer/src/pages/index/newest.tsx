import type { Experiment, Task } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { NodeName } from "../../components/ids.tsx"
import { VerdictBadge } from "../../components/shapes.tsx"
import { Ago } from "../../components/time.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { valueWords } from "../../lib/words.ts"
import { NewPill, useNewSince } from "../task/list-parts.tsx"
import styles from "./newest.module.css"

const ROWS = 6

/** The newest improvements of all tasks. Absent where there is none. */
export function Newest({ tasks }: { tasks: readonly Task[] }): ReactNode {
  const newest = useQuery(queries.newest())
  const kept = tasks.reduce((sum, task) => sum + task.kept, 0)
  const [arrived, rebase] = useNewSince(kept, newest.data)
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const rows = (newest.data?.items ?? []).filter(({ parent }) => parent !== null).slice(0, ROWS)
  if (rows.length === 0) return null
  return (
    <Card title="Newest improvements" flush>
      <NewPill
        count={arrived}
        noun="improvement"
        onShow={() => void newest.refetch().then(rebase)}
        isLoading={newest.isRefetching}
      />
      <ul className={styles.list}>
        {rows.map((row) => (
          <Row key={row.id} row={row} task={byId.get(row.task)} />
        ))}
      </ul>
    </Card>
  )
}

function Row({ row, task }: { row: Experiment; task: Task | undefined }): ReactNode {
  return (
    <li className={styles.row}>
      <span className={styles.title}>
        <Link to="/e/$experimentId" params={{ experimentId: row.id }}>
          <ExperimentName row={row} max={80} />
        </Link>
        <small>{task !== undefined && <VisibleText text={task.name} max={48} />}</small>
      </span>
      <span className={styles.value}>
        {valueWords(row, task?.metric ?? { min_effect: 0 })} <VerdictBadge row={row} explanation={row.explanation} />
      </span>
      <NodeName id={row.node} name={row.node_name} />
      <span className={styles.when}>
        <Ago time={row.created} />
      </span>
    </li>
  )
}
