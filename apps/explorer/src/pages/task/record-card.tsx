import type { Metric, TaskDetail } from "@spore/api/client"
import { useQuery, useQueryClient } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useMemo, useState } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { NodeName } from "../../components/ids.tsx"
import { Ago } from "../../components/time.tsx"
import { formatDelta, plural } from "../../lib/format.ts"
import { valueWords } from "../../lib/words.ts"
import { RestButton } from "./list-parts.tsx"
import { type RecordStep, recordSteps, standingPoints } from "./record-steps.ts"
import styles from "./record-card.module.css"
import { useSteady } from "./use-steady.ts"

/** Steps shown at first: the title of each is asked for by itself. */
const LATEST = 10

/** How the record that reruns stand behind moved, latest first. */
export function RecordCard({ task, hardwareClass }: { task: TaskDetail; hardwareClass: string }): ReactNode {
  const queryClient = useQueryClient()
  const { data: graph } = useQuery(queries.graph(queryClient, task.id, hardwareClass))
  const fresh = useMemo(
    () => (graph === undefined ? [] : recordSteps(standingPoints(graph), task.metric.goal)),
    [graph, task],
  )
  const { rows: steps } = useSteady(fresh, ({ point }) => String(point.seq))
  const [isWhole, setWhole] = useState(false)
  if (steps.length < 2) return null
  const shown = steps.toReversed().slice(0, isWhole ? undefined : LATEST)
  return (
    <Card title="How the record moved" aside="by promotions alone">
      <ol className={styles.steps}>
        {shown.map((step) => (
          <Step key={step.point.seq} step={step} task={task.id} metric={task.metric} />
        ))}
      </ol>
      {shown.length < steps.length && (
        <RestButton onShow={() => setWhole(true)}>
          Show {plural(steps.length - shown.length, "earlier step")}
        </RestButton>
      )}
    </Card>
  )
}

function Step({
  step: { point, before },
  task,
  metric,
}: {
  step: RecordStep
  task: string
  metric: Metric
}): ReactNode {
  const { data: row } = useQuery(queries.graphPoint(task, point.seq))
  return (
    <li className={styles.step}>
      <span className={styles.value}>{valueWords(point, metric)}</span>
      <span className={styles.gain}>
        {before === null || point.value === null ? "baseline" : formatDelta(point.value - before, metric)}
      </span>
      <span className={styles.title}>
        {row === undefined ? (
          <span className={styles.number}>#{point.number}</span>
        ) : (
          <Link to="/e/$experimentId" params={{ experimentId: row.id }}>
            <ExperimentName row={row} max={90} />
          </Link>
        )}
      </span>
      <span className={styles.who}>
        <NodeName id={point.node} name={row?.node_name ?? null} />
        <Ago time={point.created} />
      </span>
    </li>
  )
}
