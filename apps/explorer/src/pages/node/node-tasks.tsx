import type { Experiment, NodeDetail, Task } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { VerdictBadge } from "../../components/shapes.tsx"
import { Empty } from "../../components/states.tsx"
import tableStyles from "../../components/table.module.css"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount } from "../../lib/format.ts"
import { valueWords } from "../../lib/words.ts"
import styles from "./node-tasks.module.css"

/** Tasks of which the node's best is asked for: the others are a click away. */
const MOST_BEST = 24

/** What a node contributed to each task, and the best of it. */
export function NodeTasks({ node }: { node: NodeDetail }): ReactNode {
  const tasks = useQuery(queries.tasks())
  const byId = new Map((tasks.data?.items ?? []).map((task) => [task.id, task]))
  return (
    <Card title="Tasks" flush>
      {node.tasks.length === 0 ? (
        <Empty title="No contribution of this node is known here" />
      ) : (
        <div className={tableStyles.scroll}>
          <table className={tableStyles.table}>
            <thead>
              <tr>
                <th scope="col">Task</th>
                <th scope="col">Its best there</th>
                <th scope="col" className={tableStyles.number}>
                  Experiments
                </th>
                <th scope="col" className={tableStyles.number}>
                  Kept
                </th>
                <th scope="col" className={tableStyles.number}>
                  Reruns
                </th>
              </tr>
            </thead>
            <tbody>
              {node.tasks.map((task, i) => (
                <tr key={task.id}>
                  <td className={styles.task}>
                    <Link to="/t/$taskId" params={{ taskId: task.id }} search={{ node: node.id }}>
                      <VisibleText text={task.name} max={64} />
                    </Link>
                  </td>
                  <td className={styles.best}>
                    {task.kept > 0 && i < MOST_BEST && (
                      <BestThere node={node.id} taskId={task.id} task={byId.get(task.id)} />
                    )}
                  </td>
                  <td className={tableStyles.number}>{formatCount(task.experiments)}</td>
                  <td className={tableStyles.number}>{formatCount(task.kept)}</td>
                  <td className={tableStyles.number}>{formatCount(task.verifications)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  )
}

function BestThere({ node, taskId, task }: { node: string; taskId: string; task: Task | undefined }): ReactNode {
  const { data } = useQuery(queries.bestOf(node, taskId))
  const best: Experiment | undefined = data?.items[0]
  if (best === undefined) return null
  return (
    <>
      <span className={styles.value}>{valueWords(best, task?.metric ?? { min_effect: 0 })}</span>{" "}
      <Link to="/e/$experimentId" params={{ experimentId: best.id }}>
        <ExperimentName row={best} max={48} />
      </Link>{" "}
      <VerdictBadge row={best} explanation={best.explanation} />
    </>
  )
}
