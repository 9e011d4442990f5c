import type { Experiment, FrontierEntry, TaskDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { NodeName } from "../../components/ids.tsx"
import { ShapeIcon, shapeOf, VerdictBadge } from "../../components/shapes.tsx"
import { Failure, Loading } from "../../components/states.tsx"
import { formatPercent, gainOver } from "../../lib/format.ts"
import { valueWords } from "../../lib/words.ts"
import styles from "./frontier-tab.module.css"

/** What reruns have promoted, and what is a candidate for it. */
export function FrontierTab({ task, hardwareClass }: { task: TaskDetail; hardwareClass: string }): ReactNode {
  const frontier = useQuery(queries.frontier(task.id, hardwareClass))
  if (frontier.isError) return <Failure error={frontier.error} retry={() => void frontier.refetch()} />
  if (frontier.data === undefined) return <Loading lines={6} height={320} />
  const { data } = frontier
  return (
    <div className={styles.columns}>
      <Card title="Frontier" aside="promoted by reruns">
        <p className={styles.words}>
          Nothing gets here but by promotion; the baseline stands as what all are measured against.
        </p>
        <Ranking rows={data.frontier} task={task} baseline={data.baseline} none="Nothing is promoted yet." />
      </Card>
      <Card title="Candidates" aside="kept, not promoted yet">
        <p className={styles.words}>
          Claims that are better than what they build on, and that nothing kept builds on. A claim promotes nothing:
          what nobody reran may be luck.
        </p>
        <Ranking rows={data.candidates} task={task} baseline={data.baseline} none="There is no candidate." />
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
  rows: readonly (Experiment & Partial<Pick<FrontierEntry, "tied">>)[]
  task: TaskDetail
  baseline: number | null
  none: string
}): ReactNode {
  if (rows.length === 0) return <p className={styles.none}>{none}</p>
  // The first is tied with itself.
  const hasTie = rows.filter(({ tied }) => tied === true).length > 1
  return (
    <ol className={styles.list}>
      {rows.map((row) => {
        const gain = gainOver(baseline, row.value, task.metric.goal)
        return (
          <li key={row.id} className={styles.item}>
            <span className={styles.mark}>
              <ShapeIcon shape={shapeOf(row)} />
            </span>
            <span className={styles.value}>{valueWords(row, task.metric)}</span>
            <span className={styles.gain}>
              {row.parent === null ? "baseline" : gain === null || gain.share === null ? "" : formatPercent(gain.share)}
            </span>
            <span className={styles.title}>
              <Link to="/e/$experimentId" params={{ experimentId: row.id }}>
                <ExperimentName row={row} max={90} />
              </Link>
            </span>
            <span className={styles.reruns}>
              <VerdictBadge row={row} explanation={row.explanation} />
              {row.tied === true && hasTie && (
                <span className={styles.tied} title="Reruns cannot tell it from the first of the frontier.">
                  tied for best
                </span>
              )}
              <NodeName id={row.node} />
            </span>
          </li>
        )
      })}
    </ol>
  )
}
