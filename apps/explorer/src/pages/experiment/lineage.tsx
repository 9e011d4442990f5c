import { type Experiment, type ExperimentDetail, verdictWords, shortId } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useState } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { ExperimentName } from "../../components/experiment-name.tsx"
import { ShapeIcon, shapeOf } from "../../components/shapes.tsx"
import { Failure, Loading } from "../../components/states.tsx"
import { formatDelta, formatCount, gainOver, plural } from "../../lib/format.ts"
import { scoreWords } from "../../lib/words.ts"
import styles from "./lineage.module.css"

/** Ancestors shown at either end before the middle is folded. */
const ENDS = 5

/** The path from the baseline to this experiment, newest first. */
export function Lineage({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const lineage = useQuery(queries.lineage(experiment.id))
  const [isOpen, setOpen] = useState(false)
  const rows = lineage.data?.items ?? []
  const isFolded = !isOpen && rows.length > 2 * ENDS + 1
  const hidden = rows.length - 2 * ENDS
  const missing = rows.at(-1)?.parent ?? null
  const root = missing === null ? "the baseline" : "the oldest one here"
  return (
    <Card title="Lineage" aside={`${plural(experiment.depth, "change")} from ${root}`}>
      {lineage.isError ? (
        <Failure error={lineage.error} />
      ) : lineage.data === undefined ? (
        <Loading lines={4} />
      ) : (
        <ol className={styles.path}>
          {rows.map((row, i) => {
            if (isFolded && i >= ENDS && i < rows.length - ENDS) {
              return i === ENDS ? (
                <li key="folded" className={styles.folded}>
                  <button type="button" onClick={() => setOpen(true)}>
                    {formatCount(hidden)} more between
                  </button>
                </li>
              ) : null
            }
            return <Step key={row.id} row={row} parent={rows[i + 1]} experiment={experiment} />
          })}
          {missing !== null && <li className={styles.missing}>{shortId(missing)} is not here</li>}
        </ol>
      )}
    </Card>
  )
}

function Step({
  row,
  parent,
  experiment,
}: {
  row: Experiment
  parent: Experiment | undefined
  experiment: ExperimentDetail
}): ReactNode {
  const gain = parent?.class === row.class ? gainOver(parent.value, row.value, experiment.metric.goal) : null
  const isThis = row.id === experiment.id
  const title = <ExperimentName row={row} max={64} />
  return (
    <li className={styles.step} aria-current={isThis ? "true" : undefined}>
      <span className={styles.mark}>
        <ShapeIcon shape={shapeOf(row)} />
      </span>
      <span className={styles.title}>
        {isThis ? (
          title
        ) : (
          <Link to="/e/$experimentId" params={{ experimentId: row.id }}>
            {title}
          </Link>
        )}
      </span>
      <span className={styles.delta}>{gain === null ? "" : formatDelta(gain.delta, experiment.metric)}</span>
      <span className={styles.result}>
        {scoreWords(row, experiment.metric)}
        {row.value !== null && <span className={styles.verdict}>{verdictWords(row)}</span>}
      </span>
    </li>
  )
}
