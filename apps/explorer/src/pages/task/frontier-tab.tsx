import type { Experiment, TaskDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { NodeName } from "../../components/ids.tsx"
import { ShapeIcon, shapeOf, VerdictBadge } from "../../components/shapes.tsx"
import { Failure, Loading } from "../../components/states.tsx"
import { formatPercent, formatValue, gainOver } from "../../lib/format.ts"
import styles from "./frontier-tab.module.css"

/** What reruns by others have shown beside what is only claimed. */
export function FrontierTab({ task, hardwareClass }: { task: TaskDetail; hardwareClass: string }): ReactNode {
  const frontier = useQuery(queries.frontier(task.id, hardwareClass))
  if (frontier.isError) return <Failure error={frontier.error} retry={() => void frontier.refetch()} />
  if (frontier.data === undefined) return <Loading lines={6} height={320} />
  const { data } = frontier
  return (
    <div className={styles.columns}>
      <Card title="Frontier" aside="shown by reruns">
        <p className={styles.words}>
          Experiments that at least two other keys reran on hardware of this class, and whose gain held. The baseline
          stands here as what all are measured against.
        </p>
        <Ranking
          rows={data.frontier}
          task={task}
          baseline={data.baseline}
          none="Nothing is promoted yet: reruns come first."
        />
      </Card>
      <Card title="Candidates" aside="claimed by their authors">
        <p className={styles.words}>
          Experiments that are better than what they changed, as far as is known, and that nothing better builds on. A
          claim promotes nothing: those without reruns by others may be luck.
        </p>
        <Ranking rows={data.candidates} task={task} baseline={data.baseline} none="There is no candidate yet." />
      </Card>
    </div>
  )
}

function Ranking({
  rows,
  task,
  baseline,
  none,
}: {
  rows: readonly Experiment[]
  task: TaskDetail
  baseline: number | null
  none: string
}): ReactNode {
  if (rows.length === 0) return <p className={styles.none}>{none}</p>
  return (
    <ol className={styles.list}>
      {rows.map((row) => {
        const gain = gainOver(baseline, row.value, task.metric.goal)
        return (
          <li key={row.id} className={styles.item}>
            <span className={styles.mark}>
              <ShapeIcon shape={shapeOf(row)} />
            </span>
            <span className={styles.value}>{formatValue(row.value, task.metric)}</span>
            <span className={styles.gain}>
              {row.parent === null ? "baseline" : gain === null || gain.share === null ? "" : formatPercent(gain.share)}
            </span>
            <span className={styles.title}>
              <Link to="/e/$experimentId" params={{ experimentId: row.id }}>
                <ExperimentName row={row} max={90} />
              </Link>
            </span>
            <span className={styles.reruns}>
              <VerdictBadge verdict={row.verdict} title={row.explanation} />
              <span className={styles.by}>
                {row.voters === 0 ? "no reruns by others" : `${row.reproduced_by} of ${row.voters} keys found the same`}
              </span>
              <NodeName id={row.node} />
            </span>
          </li>
        )
      })}
    </ol>
  )
}
